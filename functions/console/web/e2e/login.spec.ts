/** The login at an app, in a window of its own: with the app's own authorization page. */
import type { Locator, Page } from "@playwright/test";
import { installMailchimp } from "./support/forms";
import { expect, test } from "./support/test";

test.beforeEach(({ stack, guard }) => {
  guard.permit(stack.sandbox_url);
  guard.expect(/favicon\.ico/);
});

/** Opens the app's page from the form. */
async function logIn(page: Page, form: Locator): Promise<Page> {
  const opened = page.waitForEvent("popup");
  await form.getByRole("button", { name: "Continue to Mailchimp" }).click();
  const popup = await opened;
  await expect(popup.getByRole("button", { name: "Allow" })).toBeVisible();
  await expect(form.getByRole("status")).toContainText("Log in to Mailchimp in the new window");
  return popup;
}

test("a person who allows the access is connected", async ({ page, open }) => {
  await open("/apps");
  const form = await installMailchimp(page);
  await form.getByRole("textbox", { name: "Name" }).fill("Bread customers");
  const popup = await logIn(page, form);
  const closed = popup.waitForEvent("close");
  await popup.getByRole("button", { name: "Allow" }).click();
  await closed;
  await expect(page.getByRole("heading", { level: 1, name: "Bread customers" })).toBeVisible();
  await expect(page.getByText("Bread customers is connected")).toBeVisible();
  await expect(page.getByText("Connected", { exact: true })).toBeVisible();
  await expect(page).not.toHaveURL(/code|state/);
});

test("a person who refuses the access is shown so, and can try again", async ({ page, open, guard }) => {
  guard.expect(/status of 422/);
  await open("/apps");
  const form = await installMailchimp(page);
  await form.getByRole("textbox", { name: "Name" }).fill("Bread customers");
  const popup = await logIn(page, form);
  const closed = popup.waitForEvent("close");
  await popup.getByRole("button", { name: "Deny" }).click();
  await closed;
  await expect(form.getByRole("alert")).toContainText("You did not allow access to Mailchimp");
  await expect(form.getByRole("alert")).toContainText("Nothing is connected");
  await expect(form.getByRole("textbox", { name: "Name" })).toHaveValue("Bread customers");

  const again = await logIn(page, form);
  await again.getByRole("button", { name: "Allow" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Bread customers" })).toBeVisible();
});

test("a window that is closed is no refusal", async ({ page, open }) => {
  await open("/apps");
  const form = await installMailchimp(page);
  const popup = await logIn(page, form);
  await popup.close();
  await expect(form.getByRole("status")).toContainText("The window was closed before you were done");
  await expect(form.getByRole("alert")).toHaveCount(0);
  await expect(form.getByRole("button", { name: "Continue to Mailchimp" })).toBeEnabled();
  await form.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("tab", { name: "Installed" }).click();
  await expect(page.getByText("No app is connected yet")).toBeVisible();
});
