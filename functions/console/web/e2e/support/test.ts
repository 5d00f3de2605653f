/** The tests' fixtures: a marketplace, the console, and the checks that every test has. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { Guard } from "./guard";
import { type Host, startHost } from "./host";
import { Sandbox } from "./sandbox";
import { type Session, Shop } from "./shop";
import { type Outputs, outputs, PROJECT } from "./stack";
import { collectToasts } from "./toasts";

export { expect };

type Fixtures = {
  stack: Outputs;
  /** A marketplace of this test's own. */
  shop: Shop;
  /** The stand-ins for the apps. */
  sandbox: Sandbox;
  /** Fails the test on errors, violations and foreign requests, in every page of its context. */
  guard: Guard;
  /** Opens the console at a path such as `/apps`; by default with a new session that may change everything. */
  open: (path?: string, session?: Session) => Promise<Session>;
  /** Starts a page of another site that shows the console of this marketplace. */
  host: (seconds?: number) => Promise<Host>;
};

let number = 0;

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures' names from the pattern.
  stack: async ({}, use) => use(outputs()),
  shop: async ({ stack }, use, { workerIndex }) => {
    await use(new Shop(stack, `console-${process.pid}-${workerIndex}-${++number}`));
  },
  sandbox: async ({ stack }, use) => use(new Sandbox(stack)),
  guard: [
    async ({ context, stack }, use) => {
      const guard = new Guard([new URL(stack.api_url).origin]);
      await guard.watch(context);
      await collectToasts(context);
      await use(guard);
      expect(guard.problems(), "errors, violations and foreign requests").toEqual([]);
    },
    { auto: true },
  ],
  open: async ({ page, shop }, use) => {
    await use(async (path = "/", given) => {
      const session = given ?? (await shop.session());
      // From another page, so that the browser loads the document.
      await page.goto("about:blank");
      await page.goto(session.url);
      if (path !== "/") await page.evaluate((hash) => location.assign(hash), `#${path}`);
      return session;
    });
  },
  host: async ({ shop, guard }, use) => {
    const started: Host[] = [];
    await use(async (seconds) => {
      const host = await startHost(shop, seconds);
      guard.permit(host.url);
      started.push(host);
      return host;
    });
    for (const host of started) host.stop();
  },
});

const SCHEMES = ["light", "dark"] as const;
const WIDTHS = [1280, 360];
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** Checks the page against WCAG 2.2 AA in both themes. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze();
    const found = violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })),
    }));
    expect(found, `in the ${colorScheme} theme`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
}

/** Keeps screenshots of the page, in both themes and at two widths, in test-results/screenshots. */
export async function keepScreenshots(page: Page, name: string): Promise<void> {
  const folder = join(PROJECT, "functions/console/web/test-results/screenshots");
  await mkdir(folder, { recursive: true });
  const before = page.viewportSize();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    if (page.frames().length > 1) await showWhole(page, width);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
}

/** Makes the viewport as high as the page: a screenshot shows a frame of another origin only within the viewport. */
async function showWhole(page: Page, width: number): Promise<void> {
  await expect(async () => {
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height });
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBe(height);
  }).toPass();
}
