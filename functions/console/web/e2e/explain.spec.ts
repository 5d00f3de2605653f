/** Why was this buyer not tagged? The event's page says it for each rule, with what to do about it. */
import type { Page } from "@playwright/test";
import { BUYERS_JOIN } from "./support/rules";
import type { Shop } from "./support/shop";
import { expect, test } from "./support/test";
import { expectToast } from "./support/toasts";

const RULES = `${BUYERS_JOIN}  - name: VIP buyers are tagged
    products: [sourdough-course]
    trigger: product_purchased
    integration: Demo audience
    action: add_tag
    settings: { list_id: demo, tag: [VIP] }
    conditions:
      - { field: coupon_code, operator: equals, value: VIP }
  - name: Bakers are tagged
    products: [sourdough-course]
    trigger: product_purchased
    integration: Demo audience
    action: add_tag
    settings: { list_id: demo, tag: [Baker] }
    enabled: false
`;

const BUYER = "elena.petrova@example.com";

/** Connects the account, whose lists are read, and adds the rules. */
async function furnish(shop: Shop): Promise<void> {
  await shop.connectAndRefresh();
  await shop.rules(RULES);
}

type Json = Record<string, unknown>;

/** Changes the purchase so that its product was bought with a coupon. */
function withCoupon(code: string): (detail: Json) => Json {
  const coupon = { code, discount: { amount: 490, currency: "USD" } };
  return (detail) => ({ ...detail, items: (detail.items as Json[]).map((item) => ({ ...item, coupon })) });
}

/** What the event's page says about a rule. */
const verdict = (page: Page, rule: string) =>
  page
    .getByRole("listitem")
    .filter({ has: page.getByRole("link", { name: rule, exact: true }) })
    .last();

/** Searches for the buyer, as a merchant does who is asked about them, and opens the purchase. */
async function openPurchase(page: Page): Promise<void> {
  const box = page.getByRole("searchbox", { name: "Search buyers, orders and events" });
  await expect(async () => {
    // The page listens to keys soon after it is drawn.
    await page.keyboard.press("/");
    expect(await box.evaluate((element) => element === document.activeElement)).toBe(true);
  }).toPass();
  await page.keyboard.type(BUYER);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: BUYER })).toBeVisible();
  await page.getByRole("link", { name: /Order Completed/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: /bought Sourdough Masterclass for \$49/ })).toBeVisible();
}

test("a condition that did not hold is named, and the rule can be edited so that it fires", async ({
  page,
  shop,
  open,
}) => {
  await furnish(shop);
  const [event = ""] = await shop.publish("order-completed.one-item", withCoupon("SPRING"));
  await shop.ended(event);
  await open();
  await openPurchase(page);
  await expect(verdict(page, "Buyers join the list")).toContainText("Fired");
  const tagged = verdict(page, "VIP buyers are tagged");
  await expect(tagged).toContainText("Did not fire: the coupon was SPRING, the rule wants VIP");

  await tagged.getByRole("button", { name: "Edit rule" }).click();
  const form = page.getByRole("dialog", { name: "Edit rule" });
  await form.getByText("Why it did not fire for others").click();
  await expect(form).toContainText("1 time: coupon was SPRING, the rule wants: coupon is VIP");
  const coupon = form.getByRole("group", { name: "Condition 1" }).getByRole("textbox", { name: "Value" });
  await expect(coupon).toHaveValue("VIP");
  await coupon.fill("SPRING");
  await expect(form).toContainText("Would have fired 1 time for 1 buyer in the last 7 days.");
  await page.keyboard.press("Control+Enter");
  await expectToast(page, "Rule saved");

  const [next = ""] = await shop.publish("order-completed.one-item", withCoupon("SPRING"));
  await shop.ended(next, 2);
  await page.goto(`${page.url().split("#")[0]}#/activity/events/${next}`);
  await expect(verdict(page, "VIP buyers are tagged")).toContainText("Fired");
});

test("a rule that is newer than the event says so, and can be run for the event", async ({ page, shop, open }) => {
  await furnish(shop);
  const [event = ""] = await shop.publish("order-completed.one-item");
  await shop.ended(event);
  await shop.rules(`rules:
  - name: Early buyers are tagged
    global: true
    trigger: product_purchased
    integration: Demo audience
    action: add_tag
    settings: { list_id: demo, tag: [Early] }
`);
  await open();
  await openPurchase(page);
  const early = verdict(page, "Early buyers are tagged");
  await expect(early).toContainText("Did not fire: the rule is newer than the event");
  await early.getByRole("button", { name: "Run it for this event…" }).click();
  const replay = page.getByRole("dialog", { name: "Run this rule for the event" });
  await expect(replay).toContainText("1 action will be sent");
  await replay.getByRole("button", { name: "Send 1 action" }).click();
  await expectToast(page, "1 action queued");
  const action = page.getByRole("listitem").filter({ hasText: "Add Tag" }).filter({ hasText: "Early" }).first();
  await expect(action).toContainText("Done");
});

test("a rule that is switched off says so, with the way to its switch", async ({ page, shop, open }) => {
  await furnish(shop);
  const [event = ""] = await shop.publish("order-completed.one-item");
  await shop.ended(event);
  await open();
  await openPurchase(page);
  const off = verdict(page, "Bakers are tagged");
  await expect(off).toContainText("Did not fire: the rule is switched off");
  await off.getByRole("button", { name: "Edit rule" }).click();
  const form = page.getByRole("dialog", { name: "Edit rule" });
  const isOn = form.getByRole("switch", { name: /^The rule is (on|off)$/ });
  await expect(isOn).not.toBeChecked();
  await isOn.click();
  await form.getByRole("button", { name: "Save rule" }).click();
  await expectToast(page, "Rule saved");
  await page.goto(`${page.url().split("#")[0]}#/rules`);
  await expect(page.getByRole("switch", { name: "Rule is on: Bakers are tagged" })).toBeChecked();
});

test("events for which no rule fired are listed, each with its reasons", async ({ page, shop, open }) => {
  await furnish(shop);
  await shop.publish("order-completed.one-item");
  const [refund = ""] = await shop.publish("charge-refunded.full");
  await expect
    .poll(() =>
      shop.api("GET", `/v1/events/${refund}`).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  await open("/activity");
  await page.getByRole("button", { name: "No rule fired" }).click();
  const events = page.getByRole("list", { name: "Events" });
  await expect(events.getByRole("link", { name: /Charge Refunded/ })).toBeVisible();
  await expect(events.getByRole("link", { name: /Order Completed/ })).toHaveCount(0);
  await events.getByRole("link", { name: /Charge Refunded/ }).click();
  await expect(page.getByText("No rule fired, so there is no action.")).toBeVisible();
});

test("before the first action, Activity shows the events for which no rule fired", async ({ page, shop, open }) => {
  await furnish(shop);
  await shop.publish("charge-refunded.full");
  await open("/activity");
  await expect(page.getByText("No actions yet")).toBeVisible();
  const events = page.getByRole("list", { name: "Events" });
  await events.getByRole("link", { name: /Charge Refunded/ }).click();
  await expect(page.getByText("No rule fired, so there is no action.")).toBeVisible();
});
