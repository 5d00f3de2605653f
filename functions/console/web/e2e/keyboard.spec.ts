/** The console without a mouse. */
import type { Locator, Page } from "@playwright/test";
import { expect, test } from "./support/test";
import { expectToast } from "./support/toasts";

const MOST_STOPS = 40;

/** Presses Tab until the control has the focus. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  for (let stops = 0; stops < MOST_STOPS; stops += 1) {
    if (await control.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  await expect(control).toBeFocused();
}

/** Chooses the highlighted value of a select or of a searched list. */
async function choose(page: Page, label: string, value: string, typed?: string): Promise<void> {
  const control = page.getByRole("dialog").getByRole("combobox", { name: label, exact: true });
  await tabTo(page, control);
  const option = page.getByRole("option", { name: value }).first();
  if (typed) await page.keyboard.type(typed);
  else {
    await page.keyboard.press("Enter");
    await expect(option).toBeVisible();
    // The list of a select takes the focus, and then the keys.
    await expect(control).not.toBeFocused();
    await page.keyboard.type(value);
  }
  await expect(option).toHaveAttribute("data-highlighted");
  await page.keyboard.press("Enter");
  await expect(control).toBeFocused();
}

test("an app is connected and a rule is saved with the keyboard only", async ({ page, shop, sandbox, open }) => {
  await sandbox.audience(shop.id, shop.id);
  await open("/apps");
  const install = page.getByRole("button", { name: "Install Mailchimp" });
  await expect(install).toBeVisible();
  await tabTo(page, install);
  await page.keyboard.press("Enter");

  const connect = page.getByRole("dialog", { name: "Connect Mailchimp" });
  await expect(connect.getByRole("radio", { name: "Log in to Mailchimp" })).toBeFocused();
  // Escape returns to where the person was.
  await page.keyboard.press("Escape");
  await expect(connect).toHaveCount(0);
  await expect(install).toBeFocused();
  await page.keyboard.press("Enter");

  await expect(connect.getByRole("radio", { name: "Log in to Mailchimp" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await expect(connect.getByRole("textbox", { name: "Name" })).toBeFocused();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("Bread customers");
  await page.keyboard.press("Tab");
  await page.keyboard.type(shop.mailchimpKey);
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Bread customers" })).toBeVisible();

  const add = page.getByRole("status").getByRole("link", { name: "Add rule" });
  await expect(add).toBeFocused();
  await page.keyboard.press("Enter");
  const form = page.getByRole("dialog", { name: "Add rule" });
  await expect(form.getByRole("radio", { name: /Global/ })).toBeFocused();
  await page.keyboard.press("Space");
  await expect(form.getByRole("radio", { name: /Global/ })).toBeChecked();
  await choose(page, "Action", "Add Tag");
  await choose(page, "List", shop.id, shop.id);
  await choose(page, "Tags", "Baker", "Baker");
  await expect(form.getByLabel("Baker", { exact: true })).toBeVisible();
  await choose(page, "Trigger", "Product Purchased");
  await page.keyboard.press("Control+Enter");

  await expectToast(page, "Rule added");
  await expect(form).toHaveCount(0);
  const rule = "When Product Purchased for any product, then Add Tag Baker in Bread customers";
  await expect(page.getByRole("link", { name: rule })).toBeVisible();
});
