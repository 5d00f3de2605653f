/** How much the first load transfers, and that nothing moves while a page loads. */
import type { Page } from "@playwright/test";
import { BUYERS_JOIN } from "./support/rules";
import { publish } from "./support/scene";
import { expect, test } from "./support/test";

const MOST_BYTES = 250_000;
const MOST_SHIFT = 0.01;

test("the first load transfers at most 250 KB of compressed scripts and styles", async ({ page, open }) => {
  const encodings: Record<string, string | undefined> = {};
  page.on("response", (response) => {
    encodings[response.url()] = response.headers()["content-encoding"];
  });
  await open();
  await expect(page.getByRole("heading", { name: "Start here" })).toBeVisible();
  const files = await page.evaluate(() =>
    (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
      .filter(({ name }) => /\.(js|css)$/.test(new URL(name).pathname))
      .map(({ name, encodedBodySize }) => ({ name, bytes: encodedBodySize })),
  );
  expect(files.length).toBeGreaterThan(1);
  for (const { name, bytes } of files) {
    expect(bytes, name).toBeGreaterThan(0);
    expect(encodings[name], name).toMatch(/^(br|gzip)$/);
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
});

const SHIFTS = "layoutShifts";

/** Adds up the layout shifts of a document, each with what moved. */
async function observeShifts(page: Page): Promise<void> {
  await page.addInitScript((name) => {
    type Shift = PerformanceEntry & { value: number; sources?: { node: Node | null }[] };
    const shifts: { value: number; moved: string[] }[] = [];
    Reflect.set(window, name, shifts);
    const tell = ({ node }: { node: Node | null }) =>
      node instanceof Element ? `${node.tagName} ${node.className}` : (node?.textContent ?? "");
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Shift[]) {
        shifts.push({ value: entry.value, moved: (entry.sources ?? []).map(tell) });
      }
    }).observe({ type: "layout-shift", buffered: true });
  }, SHIFTS);
}

/** The shifts so far, after the frames in which the browser reports the last ones. */
function shiftsOf(page: Page): Promise<{ value: number; moved: string[] }[]> {
  return page.evaluate(async (name) => {
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
    return Reflect.get(window, name);
  }, SHIFTS);
}

test("nothing moves while lists load", async ({ page, shop, open }) => {
  await shop.connectAndRefresh();
  await shop.rules(BUYERS_JOIN);
  const orders = Array.from({ length: 12 }, (_, index) => ({
    id: `ord_${index}.completed`,
    occurred_at: new Date().toISOString(),
    customer: { id: `cus_${index}`, email: `buyer.${index}@example.com` },
    order: { id: `ord_${index}`, total: { amount: 4900, currency: "USD" } },
    items: [
      {
        product_id: "rye-course",
        name: "Rye Bread from Scratch",
        role: "primary",
        quantity: 1,
        price: { amount: 4900, currency: "USD" },
      },
    ],
  }));
  const events = await publish(shop, "Order Completed", orders);
  for (const event of events) await shop.ended(event);
  const { items } = await shop.api<{ items: { id: string }[] }>("GET", "/v1/integrations");

  await observeShifts(page);
  await open();
  const row = page.getByText("Buyers join the list").first();
  for (const [path, complete] of [
    ["/", page.getByRole("heading", { name: "12 actions" })],
    ["/apps?tab=installed", page.getByRole("link", { name: /Demo audience/ })],
    ["/apps?tab=all", page.getByRole("button", { name: /Mailchimp account/ })],
    [`/apps/${items[0]?.id}`, row],
    [`/apps/${items[0]?.id}?tab=logs`, row],
    ["/rules", row],
    ["/activity", row],
    [`/activity/events/${events[0]}`, row],
    ["/activity?q=buyer.3@example.com", row],
  ] as const) {
    await page.evaluate((hash) => location.assign(hash), `#${path}`);
    // The whole page is loaded, as from a link.
    await page.reload();
    await expect(complete).toBeVisible();
    await page.waitForLoadState("networkidle");
    const shifts = await shiftsOf(page);
    const total = shifts.reduce((sum, { value }) => sum + value, 0);
    expect(total, `${path}: ${JSON.stringify(shifts)}`).toBeLessThan(MOST_SHIFT);
  }

  // A block that appears above the content is measured: the browser does report shifts.
  await page.evaluate(() => {
    const block = document.createElement("div");
    block.textContent = "Late";
    block.style.setProperty("padding", "60px");
    document.body.prepend(block);
  });
  const shifts = await shiftsOf(page);
  expect(shifts.reduce((sum, { value }) => sum + value, 0)).toBeGreaterThan(MOST_SHIFT);
});
