/** The console in a page of another origin, shown by `<integration-console>`. */
import type { Page } from "@playwright/test";
import { expect, keepScreenshots, test } from "./support/test";

/** What a token says of itself: when it ends, in seconds since 1970. */
function endOf(token: string): number {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).exp;
}

const frame = (page: Page) => page.frameLocator("integration-console iframe");
const heading = (page: Page, name: string) => frame(page).getByRole("heading", { level: 1, name });

test("a view is shown alone, as high as its content and in the host's theme", async ({ page, host }) => {
  const { url } = await host();
  await page.goto(`${url}/?view=apps&theme=dark`);
  await expect(heading(page, "Apps")).toBeVisible();
  await expect(frame(page).getByRole("navigation")).toHaveCount(0);

  const root = frame(page).locator("html");
  await expect(root).toHaveAttribute("data-theme", "dark");
  await expect(root).toHaveCSS("font-family", "Georgia, serif");
  expect(await root.evaluate((html) => html.style.getPropertyValue("--host-radius"))).toBe("4px");
  expect(await root.evaluate((html) => html.scrollHeight <= html.clientHeight)).toBe(true);

  await page.goto(`${url}/?view=apps`);
  await expect(
    frame(page)
      .getByRole("button", { name: /^Install/ })
      .first(),
  ).toBeVisible();
  await keepScreenshots(page, "embedded");
});

test("a page that is visited again shows the console", async ({ page, host }) => {
  const { url } = await host();
  await page.goto(`${url}/?view=apps`);
  await expect(heading(page, "Apps")).toBeVisible();
  await page.goto(`${url}/?view=activity`);
  await expect(heading(page, "Activity")).toBeVisible();
});

test("overlays are placed in the part of the frame that is on screen", async ({ page, host }) => {
  const { url } = await host();
  await page.setViewportSize({ width: 1280, height: 400 });
  await page.goto(`${url}/?view=apps`);
  await expect(heading(page, "Apps")).toBeVisible();
  const seen = () =>
    frame(page)
      .locator("html")
      .evaluate((html) =>
        ["top", "height"].map((name) =>
          Math.round(Number.parseFloat(getComputedStyle(html).getPropertyValue(`--seen-${name}`))),
        ),
      );
  const { top = 0 } = await page.locator("integration-console").evaluate((element) => element.getBoundingClientRect());
  await expect.poll(seen).toEqual([0, Math.round(400 - top)]);
  await page.evaluate((y) => scrollTo(0, y), top + 100);
  await expect.poll(seen).toEqual([100, 400]);
});

test("the token comes from the host page, is never in an address, and is renewed once, before it ends", async ({
  page,
  host,
}) => {
  const addresses: string[] = [];
  page.on("framenavigated", (one) => addresses.push(one.url()));
  // The first session ends earlier than those that follow it.
  const hosts = { first: await host(1800), next: await host(3600) };
  const given: string[] = [];
  let asked = 0;
  await page.route(`${hosts.first.url}/session`, async (route) => {
    asked += 1;
    const { url } = asked === 1 ? hosts.first : hosts.next;
    const headers = { ...route.request().headers(), "sec-fetch-site": "same-origin" };
    const response = await route.fetch({ url: `${url}/session`, headers });
    given.push((await response.json()).token);
    await route.fulfill({ response });
  });
  let used = new Set<string | undefined>();
  page.on("request", (request) => {
    if (request.url().includes("/v1/")) used.add(request.headers().authorization);
  });
  /** Opens views that read from the API, at a time. Returns the tokens that their requests had. */
  const readAt = async (seconds: number) => {
    await page.clock.setFixedTime(seconds * 1000);
    used = new Set();
    for (const name of ["Rules", "Activity", "Apps"]) {
      const answered = page.waitForResponse((response) => response.url().includes("/v1/"));
      await frame(page).getByRole("navigation").getByRole("link", { name }).click();
      await expect(heading(page, name)).toBeVisible();
      await answered;
    }
    return [...used];
  };

  await page.goto(hosts.first.url);
  await expect(heading(page, "Overview")).toBeVisible();
  await expect.poll(() => given.length).toBe(1);
  const [first = ""] = given;
  const end = endOf(first);
  expect(await readAt(end - 61)).toEqual([`Bearer ${first}`]);
  expect(asked, "more than a minute before its end").toBe(1);
  const tokens = await readAt(end - 59);
  expect(asked, "in its last minute").toBe(2);
  expect(tokens).toEqual([`Bearer ${given[1]}`]);
  expect(await readAt(end + 1)).toEqual([`Bearer ${given[1]}`]);
  expect(asked, "after its end").toBe(2);
  expect(addresses.filter((address) => /token|eyJ/.test(address))).toEqual([]);
});

test("a session that the host does not renew is named, and the host gets an event", async ({ page, host, guard }) => {
  guard.expect(/status of 502/, /The session was not opened/);
  const { url } = await host();
  await page.route("**/session", (route) => route.fulfill({ status: 502 }));
  await page.goto(`${url}/?view=apps`);
  await expect(frame(page).getByText("Your session has ended")).toBeVisible();
  await expect(page.locator("#events")).toContainText("session-ended");
});

test("a page of an origin that is not permitted does not show it", async ({ page, stack, host, guard }) => {
  guard.expect(/frame-ancestors/, /does not match the recipient window/);
  const { url } = await host();
  const other = url.replace("localhost", "127.0.0.1");
  guard.permit(other);
  await page.goto(other);
  await expect.poll(() => page.frames().map((one) => one.url())).toContain("chrome-error://chromewebdata/");
  expect(page.frames().some((one) => one.url().startsWith(stack.api_url))).toBe(false);
});

test("a login's pop-up is opened from the frame and reaches it", async ({ page, context, stack, host, guard }) => {
  guard.permit(stack.sandbox_url);
  guard.expect(/favicon\.ico/);
  const { url } = await host();
  await page.goto(`${url}/?view=apps`);
  await expect(heading(page, "Apps")).toBeVisible();
  const opened = context.waitForEvent("page");
  const reply = frame(page)
    .locator("body")
    .evaluate((body, address) => {
      return new Promise((resolve) => {
        addEventListener("message", ({ data, origin }) => {
          if (data?.type === "console:login") resolve({ data, isOwn: origin === location.origin });
        });
        body.addEventListener("click", () => open(address, "_blank", "popup"), { once: true });
      });
    }, `${stack.sandbox_url}/_health`);
  await heading(page, "Apps").click();
  const popup = await opened;
  // The app's page sends the merchant back, as it does after a login.
  await popup.waitForURL("**/_health");
  await popup.evaluate((back) => location.assign(back), `${stack.api_url}/console/login.html?app=kit&state=s&code=c`);
  expect(await reply).toEqual({
    data: { type: "console:login", parameters: { app: "kit", state: "s", code: "c" } },
    isOwn: true,
  });
});

test("a login in a host page that cuts pop-ups off is begun with a link", async ({
  page,
  context,
  stack,
  host,
  guard,
}) => {
  guard.permit(stack.sandbox_url);
  guard.expect(/favicon\.ico/);
  const { url } = await host();
  await page.route(`${url}/**`, async (route) => {
    if (route.request().resourceType() !== "document") return route.fallback();
    const response = await route.fetch();
    const headers = { ...response.headers(), "cross-origin-opener-policy": "same-origin" };
    await route.fulfill({ response, headers });
  });
  // The browser does not know that a page whose response was replaced came from this machine.
  await context.grantPermissions(["local-network-access"], { origin: url });
  await page.goto(`${url}/?view=apps`);
  await frame(page).getByRole("button", { name: "Install Mailchimp" }).click();
  const form = frame(page).getByRole("dialog", { name: "Connect Mailchimp" });
  await form.getByRole("button", { name: "Continue to Mailchimp" }).click();
  const link = form.getByRole("link", { name: "Open Mailchimp" });
  await expect(link).toBeVisible();
  // The window that the console could not have has closed itself.
  await expect.poll(() => context.pages().length).toBe(1);
  const opened = context.waitForEvent("page");
  await link.click();
  const popup = await opened;
  await popup.getByRole("button", { name: "Allow" }).click();
  await expect(heading(page, "Mailchimp")).toBeVisible();
});
