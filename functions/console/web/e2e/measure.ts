/** Measures how soon a page can be used. `npm run measure` prints it. */
import { cpus } from "node:os";
import type { Browser } from "@playwright/test";
import { expect, test } from "./support/test";

const RUNS = 7;

type Measured = { browser: Browser; address: string; token: string; control: string };

/** The milliseconds from the start of the navigation until a control is drawn and can be used, without any cache. */
async function untilUsable({ browser, address, token, control }: Measured): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript((text) => sessionStorage.setItem("console.token", text), token);
  await page.goto(address, { waitUntil: "commit" });
  const time = await page.waitForFunction((selector) => {
    const element = document.querySelector(selector);
    return element?.checkVisibility() && !element.matches(":disabled") ? performance.now() : null;
  }, control);
  const milliseconds = await time.jsonValue();
  await context.close();
  return milliseconds ?? Number.NaN;
}

test("how soon a page can be used", async ({ browser, shop, stack }) => {
  await shop.connectMailchimp();
  await shop.rules(`rules:
  - name: Buyers join the list
    global: true
    trigger: product_purchased
    integration: Demo audience
    action: add_to_list
    settings: { list_id: demo }
`);
  const { token } = await shop.session();
  const lines: string[] = [];
  for (const [name, path, control] of [
    ["Apps, its first card", "/apps?tab=all", "main li button"],
    ["Rules, its first row", "/rules", "main li [role=switch]"],
  ] as const) {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const address = `${stack.api_url}/console/#${path}`;
      times.push(await untilUsable({ browser, address, token, control }));
    }
    times.sort((a, b) => a - b);
    expect(times.every((time) => time > 0)).toBe(true);
    const [median, most] = [times[Math.floor(RUNS / 2)], times.at(-1)].map((time) => Math.round(time ?? 0));
    lines.push(`${name}: ${median} ms, at most ${most} ms (${RUNS} loads, nothing cached)`);
  }
  const [cpu] = cpus();
  process.stdout.write(`${[...lines, `${cpus().length} × ${cpu?.model}`].join("\n")}\n`);
});
