/** A rule that is deleted can be brought back while the message that says so is shown. */
import type { Page } from "@playwright/test";
import { BUYERS_JOIN } from "./support/rules";
import { expect, test } from "./support/test";
import { passUntil, stopTime } from "./support/toasts";

const RULE = "Buyers join the list";
const SHOWN_FOR = 10_000;

const message = (page: Page) => page.getByRole("dialog").filter({ hasText: "Rule deleted" });
const undo = (page: Page) => message(page).getByRole("button", { name: "Undo" });
const row = (page: Page) => page.getByRole("switch", { name: `Rule is on: ${RULE}` });

/** Deletes the rule, and stops the time of the page when the message is to come. */
async function deleteRule(page: Page): Promise<void> {
  await expect(row(page)).toBeChecked();
  await page.getByRole("button", { name: RULE, exact: true }).click();
  const item = page.getByRole("menuitem", { name: "Delete rule" });
  await expect(item).toBeVisible();
  await stopTime(page);
  await item.click();
  await passUntil(page, () => expect(message(page)).toBeVisible({ timeout: 100 }));
  await expect(row(page)).toHaveCount(0);
}

test.beforeEach(async ({ shop, open }) => {
  await shop.connectMailchimp();
  await shop.rules(BUYERS_JOIN);
  await open("/rules");
});

test("a message stays while the pointer is on it, and brings the rule back", async ({ page }) => {
  await deleteRule(page);
  await message(page).hover();
  await page.clock.runFor(6 * SHOWN_FOR);
  await undo(page).click();
  await passUntil(page, () => expect(row(page)).toBeChecked({ timeout: 100 }));
  await expect(message(page)).toHaveCount(0);
});

test("a message stays while it has the focus, and brings the rule back by keyboard", async ({ page }) => {
  await deleteRule(page);
  await page.keyboard.press("F6");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(undo(page)).toBeFocused();
  await page.clock.runFor(6 * SHOWN_FOR);
  await page.keyboard.press("Enter");
  await passUntil(page, () => expect(row(page)).toBeChecked({ timeout: 100 }));
});

test("a message that is not used closes, and the rule is deleted then", async ({ page, shop }) => {
  const rules = async () => (await shop.api<{ items: { enabled: boolean }[] }>("GET", "/v1/rules")).items;
  await deleteRule(page);
  // It is off at once, so that nothing fires it.
  await expect.poll(rules).toMatchObject([{ enabled: false }]);
  await page.clock.runFor(SHOWN_FOR / 2);
  await expect(undo(page)).toBeVisible();
  expect(await rules()).toHaveLength(1);
  await page.clock.runFor(SHOWN_FOR / 2);
  await passUntil(page, async () => expect(await rules()).toEqual([]));
  await expect(message(page)).toHaveCount(0);
});
