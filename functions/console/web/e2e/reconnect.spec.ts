/** An account whose key was revoked: what waits for it, and how it is connected again. */
import { randomBytes } from "node:crypto";
import { apiKey } from "./support/forms";
import { expect, test } from "./support/test";
import { expectToast } from "./support/toasts";

test("actions wait for an account that needs a reconnect, and are performed after it", async ({
  page,
  shop,
  sandbox,
  open,
}) => {
  const buyers = ["elena", "paul"].map((name) => `${name}@${shop.id}.example.com`);
  await sandbox.audience(shop.id, shop.id, ...buyers);
  await shop.connectMailchimp();
  await shop.rules(`
marketplace: ${shop.id}
rules:
  - name: Buyers are tagged
    global: true
    trigger: product_purchased
    app: mailchimp
    integration: Demo audience
    action: add_tag
    settings: { list_id: ${shop.id}, tag: [Baker, Customer] }
`);
  await sandbox.token("mailchimp", shop.mailchimpKey, "revoked");
  for (const email of buyers)
    await shop.publish("order-completed.one-item", (detail) => ({
      ...detail,
      order: { ...(detail.order as object), id: `order of ${email}` },
      customer: { ...(detail.customer as object), email },
    }));

  await open();
  const waits = /4 actions for 2 buyers wait \(\$98\.00\)/;
  await expect(page.getByText(waits)).toBeVisible();
  await expect(page.getByText(/Needs reconnect since/)).toBeVisible();
  await page.getByRole("button", { name: "Reconnect Mailchimp" }).click();

  await expect(page.getByRole("heading", { level: 1, name: "Demo audience" })).toBeVisible();
  await expect(page.getByText(waits)).toBeVisible();
  await page.getByRole("tab", { name: "Logs" }).click();
  const actions = page.getByRole("list", { name: "Actions" }).getByRole("listitem");
  await expect(actions).toHaveCount(4);
  for (const action of await actions.all()) await expect(action).toContainText("Held");

  await page.getByRole("button", { name: "Reconnect", exact: true }).click();
  const form = page.getByRole("dialog", { name: "Reconnect Demo audience" });
  await apiKey(form).fill(`${randomBytes(16).toString("hex")}-us6`);
  await form.getByRole("button", { name: "Reconnect" }).click();
  await expectToast(page, "4 actions that waited are performed within a minute.");
  await expect(page.getByText("Connected", { exact: true })).toBeVisible();
  // They are released by the next sweep, which comes once a minute.
  for (const action of await actions.all()) await expect(action).toContainText("Done");
  for (const email of buyers) expect(await sandbox.tags(shop.id, email)).toEqual(["Baker", "Customer"]);
});
