/** What a person typed is kept, and Back closes what is open. */
import { fillInListRule } from "./support/forms";
import { expect, test } from "./support/test";
import { expectToast } from "./support/toasts";

test.beforeEach(async ({ shop }) => {
  await shop.connectAndRefresh();
});

test("a rule that is entered is there again after a reload, until it is saved or discarded", async ({ page, open }) => {
  await open("/rules/new");
  const form = await fillInListRule(page);
  await form.getByRole("textbox", { name: "Name" }).fill("Buyers join");
  await page.reload();
  await expect(form).toContainText("Your changes that were not saved are here again.");
  await expect(form.getByRole("textbox", { name: "Name" })).toHaveValue("Buyers join");
  await expect(form.getByRole("combobox", { name: "Action", exact: true })).toContainText("Add To List");
  await expect(form.locator(":focus")).toHaveCount(1);
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).toBe("{}");

  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(form).toHaveCount(0);
  await page.getByRole("button", { name: "Add rule" }).first().click();
  await expect(form.getByRole("textbox", { name: "Name" })).toHaveValue("");
  await fillInListRule(page);
  await form.getByRole("button", { name: "Add Rule" }).click();
  await expectToast(page, "Rule added");
  expect(await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes("draft")))).toEqual([]);
});

test("Back closes the slide-out, and keeps what was typed", async ({ page, open }) => {
  await open("/rules");
  await page.getByRole("button", { name: "Add rule" }).first().click();
  const form = page.getByRole("dialog", { name: "Add rule" });
  await form.getByRole("textbox", { name: "Name" }).fill("Buyers join");
  await page.goBack();
  await expect(form).toHaveCount(0);
  await expect(page.getByRole("heading", { level: 1, name: "Rules" })).toBeVisible();
  await page.goForward();
  await expect(form.getByRole("textbox", { name: "Name" })).toHaveValue("Buyers join");
  await expect(form.locator(":focus")).toHaveCount(1);

  // A question over it is closed first.
  await page.keyboard.press("Escape");
  const question = page.getByRole("dialog", { name: "Discard what you typed?" });
  await expect(question).toBeVisible();
  await page.goBack();
  await expect(question).toHaveCount(0);
  await expect(form.locator(":focus")).toHaveCount(1);

  // What was closed by its button is not opened by Back.
  await page.keyboard.press("Escape");
  await question.getByRole("button", { name: "Discard" }).click();
  await expect(form).toHaveCount(0);
  await page.getByRole("navigation").getByRole("link", { name: "Apps" }).click();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Rules" })).toBeVisible();
  await expect(form).toHaveCount(0);
});

test("Back closes a dialog, and asks if something was typed", async ({ page, shop, open }) => {
  const { items } = await shop.api<{ items: { id: string }[] }>("GET", "/v1/integrations");
  await open("/apps");
  await page.evaluate((hash) => location.assign(hash), `#/apps/${items[0]?.id}`);
  const account = page.getByRole("heading", { level: 1, name: "Demo audience" });
  await page.getByRole("button", { name: "Edit Instance" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit Instance" });
  await expect(dialog).toBeVisible();
  await page.goBack();
  await expect(dialog).toHaveCount(0);
  await expect(account).toBeVisible();

  await page.getByRole("button", { name: "Edit Instance" }).click();
  await dialog.getByRole("textbox", { name: "Name" }).fill("Bread customers");
  await page.goBack();
  await page.getByRole("button", { name: "Keep editing" }).click();
  await expect(dialog.getByRole("textbox", { name: "Name" })).toHaveValue("Bread customers");
  await expect(dialog.getByRole("textbox", { name: "Name" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("heading", { level: 1, name: "Bread customers" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Apps" })).toBeVisible();
});

test("a page that is offline says so, and continues by itself", async ({ page, context, shop, open, guard }) => {
  guard.expect(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/, /preload|dynamically imported/);
  await open("/rules/new");
  const form = await fillInListRule(page);
  const offline = page.getByRole("alert").filter({ hasText: "You are offline" });
  await context.setOffline(true);
  await expect(offline).toBeVisible();
  await form.getByRole("button", { name: "Add Rule" }).click();
  await expect(form.getByRole("alert")).toContainText("The server cannot be reached");
  await context.setOffline(false);
  await expect(offline).toHaveCount(0);
  await form.getByRole("button", { name: "Add Rule" }).click();
  await expectToast(page, "Rule added");

  // A server that does not answer is noticed by the requests.
  await page.route(`${shop.stack.api_url}/**`, (route) => route.abort());
  await page.getByRole("navigation").getByRole("link", { name: "Activity" }).click();
  await expect(offline).toBeVisible();
  await page.unroute(`${shop.stack.api_url}/**`);
  await expect(offline).toHaveCount(0);
  await expect(page.getByText("No actions yet")).toBeVisible();
});
