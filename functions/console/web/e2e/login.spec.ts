/** The login at an app, in a window of its own: with the app's own authorization page. */
import type { Locator, Page } from "@playwright/test";
import { apiKey, installMailchimp } from "./support/forms";
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

test("a login that is not finished in time has expired: its window is closed, and another can begin", async ({
  page,
  open,
}) => {
  await page.clock.install();
  await open("/apps");
  const form = await installMailchimp(page);
  await form.getByRole("textbox", { name: "Name" }).fill("Bread customers");
  const begun = page.waitForResponse("**/v1/logins");
  const popup = await logIn(page, form);
  const { expires_at } = await (await begun).json();

  await page.clock.pauseAt(expires_at);
  await expect(form.getByRole("status")).toContainText("Log in to Mailchimp in the new window");
  expect(popup.isClosed()).toBe(false);
  const closed = popup.waitForEvent("close");
  await page.clock.runFor(1000);
  await closed;
  await expect(form.getByRole("status")).toContainText("The login has expired");
  await expect(form.getByRole("status")).toContainText("Nothing is connected. Start again");
  await expect(form.getByRole("alert")).toHaveCount(0);
  await expect(form.getByRole("textbox", { name: "Name" })).toHaveValue("Bread customers");

  await page.clock.setSystemTime(Date.now());
  await page.clock.resume();
  const again = await logIn(page, form);
  await again.getByRole("button", { name: "Allow" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Bread customers" })).toBeVisible();
});

test("an answer that comes after the login's end connects nothing, and its window says so", async ({
  page,
  shop,
  open,
  guard,
}) => {
  guard.expect(/status of 400/);
  await open("/apps");
  const form = await installMailchimp(page);
  const begun = page.waitForResponse("**/v1/logins");
  const popup = await logIn(page, form);
  const { url } = await (await begun).json();
  await shop.expireLogin(url);
  await popup.getByRole("button", { name: "Allow" }).click();
  await expect(popup.getByText("This login was used already, has expired, or did not begin here.")).toBeVisible();
  await popup.close();
  await expect(form.getByRole("status")).toContainText("Nothing is connected. You can start again.");
  expect(await shop.api("GET", "/v1/integrations")).toMatchObject({ items: [] });
});

test("a session that cannot log in is offered the ways that it has", async ({ page, shop, open }) => {
  await open("/apps", await shop.sessionWithoutOrigin());
  const form = await installMailchimp(page);
  await expect(form.getByRole("radio")).toHaveCount(0);
  await expect(apiKey(form)).toBeVisible();
  await apiKey(form).fill(shop.mailchimpKey);
  await form.getByRole("button", { name: "Connect Mailchimp" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Mailchimp" })).toBeVisible();
});
