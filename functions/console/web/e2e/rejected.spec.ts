/** An action that an app rejected offers the change that helps, and no other. */
import { eventPage } from "../src/pages";
import { BUYERS_JOIN } from "./support/rules";
import { expect, test } from "./support/test";
import { expectToast } from "./support/toasts";

test("an address that the app rejects is not corrected in the rule", async ({ page, shop, sandbox, open }) => {
  const email = `rosa@${shop.id}.example.com`;
  await sandbox.seed("mailchimp", { addresses: [{ email, verdict: "fake" }] });
  await shop.connectAndRefresh();
  await shop.rules(BUYERS_JOIN);
  const [event = ""] = await shop.publish("order-completed.one-item", (detail) => ({
    ...detail,
    customer: { id: email, email },
  }));
  await shop.ended(event);

  await open();
  const needs = page.getByRole("region", { name: "Needs you" });
  const failing = needs.getByRole("listitem").filter({ hasText: "Buyers join the list" });
  await expect(failing).toContainText("Correct the address with your customer");
  await expect(failing.getByRole("button")).toHaveText(["See actions"]);

  await open(eventPage(event));
  const action = page.getByRole("listitem").filter({ hasText: "Mailchimp rejected the e-mail address" }).first();
  await expect(action).toContainText("Correct the address with your customer");
  await expect(action.getByRole("button")).toHaveText(["Retry now"]);
  await action.getByRole("button", { name: "Retry now" }).click();
  await expectToast(page, "The action is queued");
});
