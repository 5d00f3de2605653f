/** A key that the app refuses. */
import { apiKey, installMailchimp } from "./support/forms";
import { expect, test } from "./support/test";

test("a refused key's error is at its field, and nothing that was typed is lost", async ({
  page,
  shop,
  sandbox,
  open,
  guard,
}) => {
  guard.expect(/status of 422/);
  await sandbox.token("mailchimp", shop.mailchimpKey, "revoked");
  await open("/apps");
  const form = await installMailchimp(page);
  await form.getByRole("radio", { name: "API key" }).check();
  const name = form.getByRole("textbox", { name: "Name" });
  const key = apiKey(form);
  await name.fill("Bread customers");
  await key.fill(shop.mailchimpKey);
  await form.getByRole("button", { name: "Connect Mailchimp" }).click();

  await expect(key).toHaveAccessibleDescription(/Mailchimp rejected the API key/);
  await expect(key).toHaveAttribute("aria-invalid", "true");
  await expect(key).toBeFocused();
  await expect(key).toHaveValue(shop.mailchimpKey);
  await expect(name).toHaveValue("Bread customers");
  await expect(name).not.toHaveAttribute("aria-invalid", "true");

  // The same key, once Mailchimp accepts it.
  await sandbox.token("mailchimp", shop.mailchimpKey, "valid");
  await key.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Bread customers" })).toBeVisible();
});

test("a key of the wrong form is not sent", async ({ page, open }) => {
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") sent.push(request.url());
  });
  await open("/apps");
  const form = await installMailchimp(page);
  await form.getByRole("radio", { name: "API key" }).check();
  const key = apiKey(form);
  await key.fill("not a key");
  await form.getByRole("button", { name: "Connect Mailchimp" }).click();
  await expect(key).toHaveAccessibleDescription(/API key does not have the right form/);
  await expect(key).toBeFocused();
  await expect(key).toHaveValue("not a key");
  expect(sent).toEqual([]);
});
