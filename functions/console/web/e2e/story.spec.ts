/** The story of a merchant: from an empty marketplace to a refund. */
import type { Page } from "@playwright/test";
import { addTagRule, apiKey, installMailchimp } from "./support/forms";
import { expect, test } from "./support/test";

const PRODUCT = "Sourdough Masterclass";
const tab = (page: Page, name: string) => page.getByRole("navigation").getByRole("link", { name });

async function search(page: Page, email: string): Promise<void> {
  const box = page.getByRole("searchbox", { name: "Search buyers, orders and events" });
  await box.fill(email);
  await box.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: email })).toBeVisible();
}

test("a merchant connects an app, adds rules, and sees what a purchase and a refund do", async ({
  page,
  shop,
  sandbox,
  open,
}) => {
  const email = `elena@${shop.id}.example.com`;
  const ofBuyer = (detail: Record<string, unknown>) => ({
    ...detail,
    customer: { ...(detail.customer as object), email },
  });
  await sandbox.audience(shop.id, shop.id, email);
  await shop.publish("product-saved.live");

  await test.step("connects Mailchimp", async () => {
    await open();
    await expect(page.getByRole("heading", { name: "Start here" })).toBeVisible();
    await expect(page.getByRole("progressbar", { name: "0 of 3 done" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Try it" })).toBeDisabled();
    await page.getByRole("button", { name: "Choose an app" }).click();
    const form = await installMailchimp(page);
    await form.getByRole("radio", { name: "API key" }).check();
    await form.getByRole("textbox", { name: "Name" }).fill("Bread customers");
    await apiKey(form).fill(shop.mailchimpKey);
    await form.getByRole("button", { name: "Connect Mailchimp" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Bread customers" })).toBeVisible();
  });

  await test.step("adds a rule for a product", async () => {
    await tab(page, "Overview").click();
    await expect(page.getByRole("progressbar", { name: "1 of 3 done" })).toBeVisible();
    await page.getByRole("button", { name: "Add rule" }).click();
    await addTagRule(page, {
      product: PRODUCT,
      account: "Bread customers",
      action: "Add Tag",
      audience: shop.id,
      tag: "Baker",
      trigger: "Product Purchased",
    });
    const rule = `When Product Purchased for ${PRODUCT}, then Add Tag Baker in Bread customers`;
    await expect(page.getByRole("link", { name: rule })).toBeVisible();
    await tab(page, "Overview").click();
    await expect(page.getByRole("progressbar", { name: "2 of 3 done" })).toBeVisible();
  });

  await test.step("finds the buyer's action", async () => {
    const [event = ""] = await shop.publish("order-completed.one-item", ofBuyer);
    await shop.ended(event);
    await search(page, email);
    await page.getByRole("link", { name: /^Done ?Add Tag/ }).click();
    await expect(page.getByRole("complementary", { name: "Action" })).toContainText("Bread customers");
    expect(await sandbox.tags(shop.id, email)).toEqual(["Baker"]);
    await tab(page, "Overview").click();
    await expect(page.getByRole("heading", { name: "Start here" })).toHaveCount(0);
    await expect(page.getByText("Nothing needs you.")).toBeVisible();
  });

  await test.step("adds a rule that removes the tag after a refund", async () => {
    await tab(page, "Rules").click();
    await page.getByRole("button", { name: "Add rule" }).click();
    await addTagRule(page, {
      product: PRODUCT,
      account: "Bread customers",
      action: "Remove Tag",
      audience: shop.id,
      tag: "Baker",
      trigger: "Product Refunded",
    });
  });

  await test.step("sees that the refund decides, also over a purchase that arrives after it", async () => {
    const before = new Date().toISOString();
    const [refund = ""] = await shop.publish("charge-refunded.full", ofBuyer);
    await shop.ended(refund);
    expect(await sandbox.tags(shop.id, email)).toEqual([]);
    const [late = ""] = await shop.publish("order-completed.one-item", ofBuyer, before);
    await shop.ended(late);
    await search(page, email);
    await expect(page.getByRole("link", { name: /^Done ?Remove Tag/ })).toBeVisible();
    await page.getByRole("link", { name: /^Superseded ?Add Tag/ }).click();
    const action = page.getByRole("complementary", { name: "Action" });
    await expect(action).toContainText("Something newer happened to this buyer, and it decides.");
    await action.getByRole("link", { name: "See the event" }).click();
    await expect(page.getByRole("heading", { level: 1, name: `Elena Petrova bought ${PRODUCT}` })).toBeVisible();
    expect(await sandbox.tags(shop.id, email)).toEqual([]);
  });
});
