/** What a rule lacks is said at the rule, with the way to mend it. */
import { fillInListRule, fillInTagRule } from "./support/forms";
import { BUYERS_ARE_TAGGED } from "./support/rules";
import { expect, test } from "./support/test";
import { expectToast, passUntil, stopTime } from "./support/toasts";

test("an action that needs another one offers the rule for it", async ({ page, shop, open }) => {
  await shop.connectAndRefresh();
  await shop.rules(BUYERS_ARE_TAGGED);
  await open("/rules");
  await page.getByRole("link", { name: /^When Product Purchased .* Add Tag Baker/ }).click();
  const needed = page.getByRole("dialog").getByRole("status").filter({ hasText: "Add Tag needs Add To List" });
  await expect(needed).toContainText("When Product Purchased for any product, then Add To List");
  await needed.getByRole("button", { name: "Add this rule too" }).click();
  await expectToast(page, "Rule added");
  await expect(needed).toHaveCount(0);
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("link", { name: /^When Product Purchased .* Add To List/ })).toBeVisible();
  await expect(page.getByRole("link", { name: /^When/ })).toHaveCount(2);
});

test("the rule that a form offers is added, and the form stays as it is", async ({ page, shop, open }) => {
  await shop.publish("product-saved.live");
  await shop.connectAndRefresh();
  const { items } = await shop.api<{ items: { id: string }[] }>("GET", "/v1/integrations");
  await open(`/apps/${items[0]?.id}`);
  await page.getByRole("button", { name: "Add rule" }).first().click();
  const form = await fillInTagRule(page, {
    product: "Sourdough Masterclass",
    account: "Demo audience",
    action: "Add Tag",
    audience: "demo",
    tag: "Baker",
    trigger: "Product Purchased",
  });
  await form.getByRole("button", { name: "Add this rule too" }).click();
  await expectToast(page, "Rule added");
  await expect(form.getByText("Add Tag needs Add To List")).toHaveCount(0);
  await expect(form.getByRole("combobox", { name: "Trigger" })).toContainText("Product Purchased");
  await expect(form.getByText("Your changes that were not saved are here again.")).toHaveCount(0);
  await form.getByRole("button", { name: "Add Rule" }).click();
  await expect(form).toHaveCount(0);
  await expect(page.getByRole("link", { name: /^When Product Purchased for Sourdough Masterclass/ })).toHaveCount(2);
});

test("a rule without a name is named by what it does where its account is disconnected", async ({
  page,
  shop,
  open,
}) => {
  await shop.connectAndRefresh();
  await shop.rules(BUYERS_ARE_TAGGED.replace("name: Bakers are tagged", "id: rul_bakers"));
  const { items } = await shop.api<{ items: { id: string }[] }>("GET", "/v1/integrations");
  await open(`/apps/${items[0]?.id}`);
  await page.getByRole("button", { name: "More actions for Demo audience" }).click();
  await page.getByRole("menuitem", { name: "Disconnect" }).click();
  const dialog = page.getByRole("dialog", { name: "Disconnect Demo audience?" });
  await expect(dialog).toContainText("Add Tag Baker in Demo audience");
});

test("a rule whose account was disconnected is mended, and says that it is off", async ({ page, shop, open }) => {
  await shop.connectMailchimp();
  await shop.connectAndRefresh("New audience");
  await shop.rules(BUYERS_ARE_TAGGED);
  await shop.engine("disconnect", "Demo audience", "--yes");
  await open("/rules");
  await page.getByRole("link", { name: /Add Tag Baker in Demo audience \(disconnected\)$/ }).click();
  const form = page.getByRole("dialog", { name: "Edit rule" });
  await form.getByRole("combobox", { name: "Account" }).click();
  await page.getByRole("option", { name: "New audience" }).click();
  await expect(form).toContainText("This rule is off, and stays off when you save it.");
  await stopTime(page);
  await form.getByRole("button", { name: "Save rule" }).click();
  const saved = page.getByRole("dialog").filter({ hasText: "It is off, so it does not fire." });
  await passUntil(page, () => expect(saved).toBeVisible({ timeout: 100 }));
  await saved.getByRole("button", { name: "Switch on" }).click();
  const isOn = page.getByRole("switch", { name: "Rule is on: Bakers are tagged" });
  await passUntil(page, () => expect(isOn).toBeChecked({ timeout: 100 }));
});

test("a name that is too long is kept as it is typed, and its field says so", async ({ page, shop, open }) => {
  await shop.connectAndRefresh();
  await open("/rules/new");
  const form = await fillInListRule(page);
  const name = form.getByRole("textbox", { name: "Name" });
  await name.fill("a".repeat(101));
  await expect(name).toHaveValue("a".repeat(101));
  await expect(name).toHaveAccessibleDescription("The name is too long. It can have 100 characters.");
  await form.getByRole("button", { name: "Add Rule" }).click();
  await expect(name).toBeFocused();
  await name.fill("a".repeat(100));
  await form.getByRole("button", { name: "Add Rule" }).click();
  await expectToast(page, "Rule added");
});

test("a shop without products says where products come from", async ({ page, shop, open }) => {
  await shop.connectMailchimp();
  await open("/rules/new");
  const form = page.getByRole("dialog", { name: "Add rule" });
  await form.getByRole("radio", { name: /Product Specific/ }).check();
  await form.getByRole("combobox", { name: "Products" }).click();
  await expect(page.getByText("Products come from your shop")).toBeVisible();
});

test("a test of a rule that was not saved says so", async ({ page, shop, open }) => {
  await shop.connectAndRefresh();
  await open("/rules/new");
  const form = await fillInListRule(page);
  await form.locator("summary").getByText("Try it").click();
  await form.getByRole("textbox", { name: "E-mail address" }).fill(`ada.${shop.id}@example.com`);
  await page.keyboard.press("Enter");
  const outcome = form.getByRole("status").filter({ hasText: "Test" });
  await outcome.getByRole("link", { name: "See in Activity" }).click();
  await expect(page.getByRole("complementary", { name: "Action" })).toContainText("A rule that was not saved");
});
