/** Messages that pages show for some seconds. They are collected, so that a slow test does not miss one. */
import { type BrowserContext, expect, type Page } from "@playwright/test";

const COLLECTED = "shownToasts";

/** Collects the messages of each page: their titles and their texts. */
export async function collectToasts(context: BrowserContext): Promise<void> {
  await context.addInitScript((name) => {
    const shown: string[] = [];
    Reflect.set(window, name, shown);
    const known = new WeakSet<Element>();
    const collect = () => {
      for (const text of document.querySelectorAll("[role=region][aria-live] :is(h2, p)")) {
        if (known.has(text) || !text.textContent) continue;
        known.add(text);
        shown.push(text.textContent);
      }
    };
    new MutationObserver(collect).observe(document, { childList: true, subtree: true });
  }, COLLECTED);
}

/** Waits until a message with this title or text was shown. Each is expected once. */
export async function expectToast(page: Page, text: string): Promise<void> {
  const take = () =>
    page.evaluate(
      ([name, wanted]) => {
        const shown: string[] = Reflect.get(window, name);
        const at = shown.indexOf(wanted);
        return at < 0 ? [...shown] : shown.splice(at, 1);
      },
      [COLLECTED, text] as const,
    );
  await expect.poll(take, "the messages that were shown").toEqual([text]);
}

/**
 * Stops the time of a page, whose messages then do not close before the test has read and used them, however busy the
 * machine is. Pages need some time for what they do: `passUntil` lets it pass.
 */
export async function stopTime(page: Page): Promise<void> {
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
}

/** Lets time pass in small steps until something holds. A message is shown for hundreds of them. */
export async function passUntil(page: Page, check: () => Promise<unknown>): Promise<void> {
  await expect(async () => {
    await page.clock.runFor(20);
    await check();
  }).toPass();
}
