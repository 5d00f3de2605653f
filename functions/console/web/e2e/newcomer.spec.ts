/**
 * A merchant sees the console for the first time: in one go they connect Mailchimp, write a rule for a product, and
 * find out on screen why a buyer was not tagged. They read what the page says, and choose what it offers.
 */
import type { Page } from "@playwright/test";
import { installMailchimp } from "./support/forms";
import type { Shop } from "./support/shop";
import { expect, keepScreenshots, test } from "./support/test";
import { expectToast } from "./support/toasts";

const PRODUCT = "Sourdough Masterclass";
type Json = Record<string, unknown>;

/** A purchase of the product by a buyer, with a coupon. Returns its event's id. */
async function buys(shop: Shop, email: string, code: string): Promise<string> {
  const coupon = { code, discount: { amount: 490, currency: "USD" } };
  const [event = ""] = await shop.publish("order-completed.one-item", (detail) => ({
    ...detail,
    order: { ...(detail.order as Json), id: `ord_${email.split("@")[0]}` },
    customer: { id: email, email, first_name: email.split("@")[0] },
    items: (detail.items as Json[]).map((item) => ({ ...item, coupon })),
  }));
  return event;
}

async function chooses(page: Page, label: string, option: string | RegExp): Promise<void> {
  await page.getByRole("dialog").getByRole("combobox", { name: label, exact: true }).click();
  await page.getByRole("option", { name: option }).first().click();
}

test("a newcomer connects an app, writes a rule and finds out why a buyer was not tagged", async ({
  page,
  shop,
  sandbox,
  stack,
  open,
  guard,
}) => {
  guard.permit(stack.sandbox_url);
  guard.expect(/favicon\.ico/);
  const [vip, other] = ["vera", "otto"].map((name) => `${name}@${shop.id}.example.com`) as [string, string];
  await sandbox.audience(shop.id, "Bread lovers", vip, other);
  await shop.publish("product-saved.live");

  await test.step("follows the first step, and logs in to Mailchimp", async () => {
    await open();
    await expect(page.getByText("Three steps until your first rule acts for a buyer.")).toBeVisible();
    await page.getByRole("button", { name: "Choose an app" }).click();
    const form = await installMailchimp(page);
    await expect(form.getByRole("radio", { name: /Log in to Mailchimp.*Recommended/ })).toBeChecked();
    const opened = page.waitForEvent("popup");
    await form.getByRole("button", { name: "Continue to Mailchimp" }).click();
    await (await opened).getByRole("button", { name: "Allow" }).click();
    await expect(page.getByText("Mailchimp is connected")).toBeVisible();
    await expect(page.getByText("Next, add a rule")).toBeVisible();
  });

  await test.step("writes a rule for a product, with a condition", async () => {
    await page.getByRole("status").getByRole("link", { name: "Add rule" }).click();
    const form = page.getByRole("dialog", { name: "Add rule" });
    await form.getByRole("radio", { name: /Product Specific/ }).check();
    await chooses(page, "Products", PRODUCT);
    await page.keyboard.press("Tab");
    await chooses(page, "Action", "Add Tag");
    await chooses(page, "List", "Bread lovers");
    await form.getByRole("combobox", { name: "Tags", exact: true }).fill("VIP");
    await page.getByRole("option", { name: "VIP" }).click();
    await page.keyboard.press("Tab");
    await form.getByRole("button", { name: "Add condition" }).click();
    const condition = form.getByRole("group", { name: "Condition 1" });
    await chooses(page, "Field", "Coupon");
    await chooses(page, "Comparison", /^is$/);
    await condition.getByRole("textbox", { name: "Value" }).fill("VIP");
    await expect(form.getByRole("region", { name: "Check" })).toContainText(
      `When Product Purchased for ${PRODUCT}, only if coupon is VIP, then Add Tag VIP in Mailchimp`,
    );
    await form.getByRole("button", { name: "Add Rule" }).click();
    await expectToast(page, "Rule added");
  });

  await test.step("two buyers come: one has the coupon, the other has another one", async () => {
    await shop.ended(await buys(shop, vip, "VIP"));
    const event = await buys(shop, other, "SPRING");
    const verdicts = () =>
      shop.api<{ event: { verdicts: Json } }>("GET", `/v1/events/${event}`).then(
        (found) => found.event.verdicts,
        () => "not stored",
      );
    await expect.poll(verdicts).toEqual({ condition_failed: 1 });
    expect(await sandbox.tags(shop.id, vip)).toEqual(["VIP"]);
    expect(await sandbox.tags(shop.id, other)).toEqual([]);
  });

  await test.step("asks why the other one was not tagged, and reads the answer", async () => {
    const box = page.getByRole("searchbox", { name: "Search buyers, orders and events" });
    await box.fill(vip);
    await box.press("Enter");
    // The account has the app's name, which is shown once.
    const tagged = page.getByRole("link", { name: /Add Tag VIP/ });
    await expect(tagged).toContainText("Mailchimp");
    await expect(tagged).not.toContainText("Mailchimp · Mailchimp");
    await box.fill(other);
    await box.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: other })).toBeVisible();
    const purchase = page.getByRole("link", { name: /Order Completed/ });
    await expect(purchase).toContainText("No rule fired: see why");
    await purchase.click();
    await expect(page.getByRole("heading", { level: 1, name: `otto bought ${PRODUCT}` })).toBeVisible();
    await expect(page.getByText("No rule fired, so there is no action.")).toBeVisible();
    const rule = page.getByRole("listitem").filter({ hasText: "Add Tag VIP in Mailchimp" });
    await expect(rule).toContainText("Did not fire: the coupon was SPRING, the rule wants VIP");
    await keepScreenshots(page, "newcomer-answer");
  });

  await test.step("has the way out beside the answer", async () => {
    await page.getByRole("button", { name: "Edit rule" }).click();
    const form = page.getByRole("dialog", { name: "Edit rule" });
    await expect(form).toContainText("Would have fired 1 time for 1 buyer in the last 7 days.");
    await form.getByText("Why it did not fire for others").click();
    await expect(form).toContainText("coupon was SPRING");
  });
});
