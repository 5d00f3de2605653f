/** What a rule would have done, what it sends, and a test with one address, before the rule is saved. */
import { createHash } from "node:crypto";
import { fillInListRule } from "./support/forms";
import { BUYERS_ARE_TAGGED } from "./support/rules";
import type { Sandbox } from "./support/sandbox";
import { expect, test } from "./support/test";

/** The requests that changed the subscriber with an address in Mailchimp, by their methods. */
async function changesOf(sandbox: Sandbox, email: string): Promise<unknown[]> {
  const requests = await sandbox.requests("mailchimp", createHash("md5").update(email).digest("hex"));
  return requests.map(({ method }) => method).filter((method) => method !== "GET");
}

const MASK = "[hidden]";

test("a rule that is typed shows what it would have done and what it sends, without credentials", async ({
  page,
  shop,
  sandbox,
  open,
}) => {
  await shop.connectAndRefresh();
  // Another rule keeps the purchase in the log.
  await shop.rules(BUYERS_ARE_TAGGED);
  const email = `elena.${shop.id}@example.com`;
  const [event = ""] = await shop.publish("order-completed.one-item", (detail) => ({
    ...detail,
    customer: { id: "cus_1", email },
  }));
  await shop.ended(event);
  await open("/rules/new");
  const form = await fillInListRule(page);
  const check = form.getByRole("region", { name: "Check" });
  await expect(check).toContainText("Would have fired 1 time for 1 buyer in the last 7 days.");
  await check.getByText("The first actions").click();
  await expect(check.getByRole("listitem").filter({ hasText: "e***@example.com" })).toContainText("See the event");

  const before = await changesOf(sandbox, email);
  await check.getByText("What is sent to Mailchimp").click();
  await expect(check).toContainText(/(PUT|POST|GET) .*\/lists\/demo\/members/);
  await expect(
    check
      .locator("pre")
      .filter({ hasText: /authorization/i })
      .first(),
  ).toContainText(MASK);
  expect(await page.content()).not.toContain(shop.mailchimpKey);
  expect(await page.content()).not.toContain(btoa(`anystring:${shop.mailchimpKey}`));
  expect(await changesOf(sandbox, email), "nothing is sent").toEqual(before);
});

test("a rule is tried once for an address, with its outcome as it comes, marked as a test", async ({
  page,
  shop,
  sandbox,
  open,
}) => {
  const email = `ada.${shop.id}@example.com`;
  await shop.connectAndRefresh();
  await open("/rules/new");
  const form = await fillInListRule(page);
  await form.locator("summary").getByText("Try it").click();
  const box = form.getByRole("textbox", { name: "E-mail address" });
  // Without an address, the field says what is missing.
  await form.getByRole("button", { name: "Try it" }).click();
  await expect(form).toContainText("Enter the address to try the rule with.");
  await box.fill(email);
  await form.getByRole("button", { name: "Try it" }).click();
  const outcome = form.getByRole("status").filter({ hasText: "Test" });
  await expect(outcome).toContainText("Done");

  expect(await changesOf(sandbox, email)).toEqual(["PUT"]);

  await outcome.getByRole("link", { name: "See in Activity" }).click();
  const action = page.getByRole("complementary", { name: "Action" });
  await expect(action).toContainText(email);
  await expect(action.getByText("Test", { exact: true })).toBeVisible();
  // A test saves no rule, and the form keeps what was typed.
  await page.getByRole("navigation").getByRole("link", { name: "Rules" }).click();
  await expect(page.getByText("No rules yet")).toBeVisible();
  await page.getByRole("button", { name: "Add rule" }).first().click();
  await expect(form).toContainText("Your changes that were not saved are here again.");
  await expect(form.getByRole("combobox", { name: "Action", exact: true })).toContainText("Add To List");
});

test("a test that the app refuses shows the app's reason", async ({ page, shop, sandbox, open }) => {
  const email = `bad-address.${shop.id}@example.com`;
  await sandbox.seed("mailchimp", { addresses: [{ email, verdict: "fake" }] });
  await shop.connectAndRefresh();
  await open("/rules/new");
  const form = await fillInListRule(page);
  await form.locator("summary").getByText("Try it").click();
  await form.getByRole("textbox", { name: "E-mail address" }).fill(email);
  await page.keyboard.press("Enter");
  const outcome = form.getByRole("status").filter({ hasText: "Test" });
  await expect(outcome).toContainText("Rejected");
  await expect(outcome).toContainText("looks fake or invalid");
});
