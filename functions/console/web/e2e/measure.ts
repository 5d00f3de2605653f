/** Measures how soon a page can be used, and how much it loads. `npm run measure` prints it. */
import { cpus } from "node:os";
import type { Browser } from "@playwright/test";
import { BUYERS_JOIN } from "./support/rules";
import { expect, test } from "./support/test";

const RUNS = 7;

type Measured = { browser: Browser; address: string; token: string; control: string };

type Load = { milliseconds: number; bytes: number };

/**
 * The milliseconds from the start of the navigation until a control is drawn and can be used, without any cache, and the
 * bytes of the scripts and styles until then, as they are transferred.
 */
async function untilUsable({ browser, address, token, control }: Measured): Promise<Load> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript((text) => sessionStorage.setItem("console.token", text), token);
  await page.goto(address, { waitUntil: "commit" });
  const time = await page.waitForFunction((selector) => {
    const element = document.querySelector(selector);
    return element?.checkVisibility() && !element.matches(":disabled") ? performance.now() : null;
  }, control);
  const milliseconds = (await time.jsonValue()) ?? Number.NaN;
  const bytes = await page.evaluate(() => {
    const resources = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    const code = resources.filter(({ name }) => /\.(js|css)$/.test(new URL(name).pathname));
    return code.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  });
  await context.close();
  return { milliseconds, bytes };
}

test("how soon a page can be used", async ({ browser, shop, stack }) => {
  await shop.connectMailchimp();
  await shop.rules(BUYERS_JOIN);
  const { token } = await shop.session();
  const lines: string[] = [];
  for (const [name, path, control] of [
    ["Apps, its first card", "/apps?tab=all", "main li button"],
    ["Rules, its first row", "/rules", "main li [role=switch]"],
  ] as const) {
    const loads: Load[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const address = `${stack.api_url}/console/#${path}`;
      loads.push(await untilUsable({ browser, address, token, control }));
    }
    const times = loads.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
    expect(times.every((time) => time > 0)).toBe(true);
    const [median, most] = [times[Math.floor(RUNS / 2)], times.at(-1)].map((time) => Math.round(time ?? 0));
    const size = Math.round(Math.max(...loads.map(({ bytes }) => bytes)) / 1000);
    lines.push(`${name}: ${median} ms, at most ${most} ms, ${size} KB (${RUNS} loads, nothing cached)`);
  }
  const [cpu] = cpus();
  process.stdout.write(`${[...lines, `${cpus().length} × ${cpu?.model}`].join("\n")}\n`);
});
