/** A form is sent once, however often it is submitted, and again with the same key after a lost response. */
import { fillInListRule } from "./support/forms";
import { expect, test } from "./support/test";
import { expectToast } from "./support/toasts";

test.beforeEach(async ({ shop }) => {
  await shop.connectAndRefresh();
});

test("a rule that is added by several clicks and keys is created once", async ({ page, open }) => {
  await open("/rules/new");
  const form = await fillInListRule(page);
  let requests = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/v1/rules", async (route) => {
    if (route.request().method() === "POST") {
      requests += 1;
      await released;
    }
    await route.continue();
  });
  await form.getByRole("button", { name: "Add Rule" }).dblclick();
  await page.keyboard.press("Control+Enter");
  await page.keyboard.press("Control+Enter");
  release();
  await expectToast(page, "Rule added");
  await expect(page.getByRole("link", { name: /^When Product Purchased/ })).toHaveCount(1);
  expect(requests).toBe(1);
});

test("a rule whose response was lost is not created twice", async ({ page, open, guard }) => {
  guard.expect(/ERR_FAILED/);
  await open("/rules/new");
  const form = await fillInListRule(page);
  const keys: (string | undefined)[] = [];
  await page.route("**/v1/rules", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 1) return route.continue();
    await route.fetch();
    await route.abort();
  });
  await form.getByRole("button", { name: "Add Rule" }).click();
  await expect(form.getByRole("alert")).toContainText("The server cannot be reached");
  await form.getByRole("button", { name: "Add Rule" }).click();
  await expectToast(page, "Rule added");
  await expect(page.getByRole("link", { name: /^When Product Purchased/ })).toHaveCount(1);
  expect(keys).toEqual([keys[0], keys[0]]);
});

test("a double click opens a dialog and leaves it open", async ({ page, open }) => {
  await open("/apps?tab=all");
  await page.getByRole("button", { name: "Install Kit" }).dblclick();
  await expect(page.getByRole("dialog", { name: "Connect Kit" })).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
});
