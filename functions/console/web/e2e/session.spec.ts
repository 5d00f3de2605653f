/** The portal session of the console: how the page receives it, keeps it and loses it. */
import type { Request } from "@playwright/test";
import type { Session } from "./support/shop";
import { test as base, expect, expectAccessible, keepScreenshots } from "./support/test";

const test = base.extend<{
  /** A session that has ended while the page shows Apps: the next request is refused. */
  ended: Session;
}>({
  ended: async ({ page, shop, open, guard }, use) => {
    guard.expect(/status of 401/);
    const session = await open("/apps");
    await expect(page.getByRole("heading", { level: 1, name: "Apps" })).toBeVisible();
    await shop.end(session);
    await use(session);
  },
});

const TABS = ["Overview", "Apps", "Rules", "Activity"];

test("the token is removed from the address and kept for a reload", async ({ page, open }) => {
  const { token } = await open();
  await expect(page).toHaveURL(/\/console\/#\/$/);
  await expect(page.getByRole("navigation").getByRole("link")).toHaveText(TABS);
  await page.reload();
  await expect(page).toHaveURL(/\/console\/#\/$/);
  expect(await page.evaluate(() => Object.values(sessionStorage))).toContain(token);
});

test("every tab opens, in both themes and at every width", async ({ page, open }) => {
  await open();
  for (const tab of TABS) {
    await page.getByRole("navigation").getByRole("link", { name: tab }).click();
    await expect(page.getByRole("heading", { level: 1, name: tab })).toBeVisible();
    await expectAccessible(page);
    await keepScreenshots(page, tab.toLowerCase());
  }
});

test("a session that is ended in the middle is named, and a new one continues on the same page", async ({
  page,
  shop,
  ended: _ended,
}) => {
  await page.getByRole("navigation").getByRole("link", { name: "Rules" }).click();
  await expect(page.getByText("Your session has ended")).toBeVisible();
  await expect(page.getByText("This is shown when your session continues.").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Try again" })).toHaveCount(0);
  // Another address that is opened in the same tab changes the fragment only.
  const { url } = await shop.session();
  await page.goto(url);
  await expect(page.getByText("Your session has ended")).toBeHidden();
  await expect(page.getByRole("heading", { level: 1, name: "Rules" })).toBeVisible();
  await expect(page).toHaveURL(/\/console\/#\/rules$/);
});

test("a late refusal of the old token does not end the session that replaced it", async ({ page, shop, ended }) => {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const hasOldToken = (request: Request) => request.headers().authorization === `Bearer ${ended.token}`;
  await page.route("**/v1/**", async (route) => {
    if (!hasOldToken(route.request())) return route.continue();
    const response = await route.fetch();
    await begun;
    await route.fulfill({ response });
  });
  const asked = page.waitForRequest(hasOldToken);
  await page.getByRole("navigation").getByRole("link", { name: "Rules" }).click();
  const url = (await asked).url();
  await page.goto((await shop.session()).url);
  const repeated = page.waitForResponse((response) => response.url() === url && response.ok());
  begin();
  await repeated;
  await expect(page.getByRole("heading", { level: 1, name: "Rules" })).toBeVisible();
  await expect(page.getByText("Your session has ended")).toBeHidden();
});

test("what was typed is kept when the session ends, and a new session continues", async ({
  page,
  shop,
  open,
  guard,
}) => {
  guard.expect(/status of 401/);
  await shop.connectMailchimp();
  const session = await open("/rules/new");
  const name = page.getByRole("textbox", { name: /^Name/ });
  await name.fill("Typed before the end");
  await shop.end(session);
  await page.getByRole("combobox", { name: "Action" }).click();
  await page.getByRole("option", { name: /^Add Tag/ }).click();
  await expect(page.getByText("Your session has ended")).toBeVisible();
  await expect(name).toHaveValue("Typed before the end");
  await page.goto((await shop.session()).url);
  await expect(page.getByText("Your session has ended")).toBeHidden();
  await expect(name).toHaveValue("Typed before the end");
  await expect(page).toHaveURL(/\/console\/#\/rules\/new$/);
});

test("a read-only session offers no changes", async ({ page, shop, open }) => {
  await shop.connectMailchimp();
  await open("/apps", await shop.session("read"));
  await expect(page.getByText("Demo audience")).toBeVisible();
  await expect(page.getByRole("button", { name: /^(Connect|Disconnect|Add rule|Rename)/ })).toHaveCount(0);
});
