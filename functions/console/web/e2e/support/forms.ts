/** The forms that several tests fill in, by the names that a person reads. */
import type { Locator, Page } from "@playwright/test";
import { expect } from "./test";
import { expectToast } from "./toasts";

/** The field for an API key in a form that connects Mailchimp. Its method has the same name. */
export function apiKey(form: Locator): Locator {
  return form.getByLabel("API key", { exact: true }).and(form.locator("[type=password]"));
}

/** Opens the form that connects Mailchimp, from the list of apps. */
export async function installMailchimp(page: Page): Promise<Locator> {
  await page.getByRole("button", { name: "Install Mailchimp" }).click();
  const form = page.getByRole("dialog", { name: "Connect Mailchimp" });
  await expect(form).toBeVisible();
  return form;
}

/** Chooses a value of a select, or of a list that is searched. */
async function choose(form: Locator, label: string, value: string | RegExp, search?: string): Promise<void> {
  const field = form.getByRole("combobox", { name: label, exact: true });
  await field.click();
  if (search) await field.pressSequentially(search);
  await form.page().getByRole("option", { name: value }).first().click();
}

/** Fills in a new global rule that adds buyers to the demo list of an account of Mailchimp. */
export async function fillInListRule(page: Page, account = "Demo audience"): Promise<Locator> {
  const form = page.getByRole("dialog", { name: "Add rule" });
  await form.getByRole("radio", { name: /^Global/ }).check();
  await choose(form, "Account", account);
  await choose(form, "Action", "Add To List");
  await choose(form, "List", /demo/i);
  await choose(form, "Trigger", /^Product Purchased/);
  return form;
}

type TagRule = {
  trigger: string;
  product: string;
  account: string;
  action: string;
  audience: string;
  tag: string;
};

/** Fills in a new rule of a product that adds or removes a tag in Mailchimp. */
export async function fillInTagRule(page: Page, rule: TagRule): Promise<Locator> {
  const form = page.getByRole("dialog", { name: "Add rule" });
  await form.getByRole("radio", { name: /Product Specific/ }).check();
  await choose(form, "Products", rule.product, rule.product.slice(0, 6));
  await page.keyboard.press("Tab");
  await choose(form, "Account", rule.account);
  await choose(form, "Action", rule.action);
  await choose(form, "List", rule.audience, rule.audience);
  await choose(form, "Tags", rule.tag, rule.tag);
  await page.keyboard.press("Tab");
  await choose(form, "Trigger", rule.trigger);
  return form;
}

/** Fills in such a rule, and adds it. */
export async function addTagRule(page: Page, rule: TagRule): Promise<void> {
  const form = await fillInTagRule(page, rule);
  await form.getByRole("button", { name: "Add Rule" }).click();
  await expectToast(page, "Rule added");
}
