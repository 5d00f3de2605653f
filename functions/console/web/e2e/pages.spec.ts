/** Every page of the console: its accessibility and its look in both themes, and its layout on a narrow window. */
import type { Page } from "@playwright/test";
import { expectNoOverflow } from "./support/layout";
import { Sandbox } from "./support/sandbox";
import { furnish, type Scene } from "./support/scene";
import { type Session, Shop } from "./support/shop";
import { outputs } from "./support/stack";
import { expect, expectAccessible, keepScreenshots, test } from "./support/test";

// The pages show one marketplace, which is furnished once.
test.describe.configure({ mode: "default" });

let scene: Scene;
let session: Session;

test.beforeAll(async () => {
  const shop = new Shop(outputs(), `console-pages-${process.pid}`);
  scene = await furnish(shop, new Sandbox(outputs()));
  session = await shop.session();
});

type Case = {
  name: string;
  path: (scene: Scene) => string;
  /** What the page shows when it is complete. */
  shows: (page: Page, scene: Scene) => ReturnType<Page["getByText"]>;
};

const dialog = (page: Page, name: string) => page.getByRole("dialog", { name });
const account = ({ accounts }: Scene) => `/apps/${accounts["Main audience"]}`;
const TAGGED = "VIP buyers are tagged";

const CASES: Case[] = [
  {
    name: "overview",
    path: () => "/",
    shows: (page) => page.getByRole("button", { name: "Reconnect Mailchimp" }),
  },
  {
    name: "apps-installed",
    path: () => "/apps?tab=installed",
    shows: (page) => page.getByRole("link", { name: /Club audience.*Needs reconnect/ }),
  },
  {
    name: "apps-all",
    path: () => "/apps?tab=all",
    shows: (page) => page.getByRole("button", { name: "Install Thinkific" }),
  },
  {
    name: "apps-email-marketing",
    path: () => "/apps?tab=email_marketing",
    shows: (page) => page.getByRole("button", { name: "Install Kit" }),
  },
  {
    name: "install-by-login",
    path: () => "/apps?connect=kit",
    shows: (page) => dialog(page, "Connect Kit").getByRole("textbox", { name: "Name" }),
  },
  {
    name: "install-by-key",
    path: () => "/apps?connect=circle",
    shows: (page) => dialog(page, "Connect Circle").getByRole("textbox", { name: "Name" }),
  },
  {
    name: "account-rules-global",
    path: (scene) => `${account(scene)}?scope=global`,
    shows: (page) => page.getByRole("link", { name: /Add To List/ }),
  },
  {
    name: "account-rules-products",
    path: (scene) => `${account(scene)}?scope=products`,
    shows: (page) => page.getByRole("link", { name: /Pastry Masterclass/ }),
  },
  {
    name: "account-action-logs",
    path: (scene) => `${account(scene)}?tab=logs`,
    shows: (page) => page.getByRole("list", { name: "Actions" }).getByText("Done").first(),
  },
  {
    name: "account-configuration-logs",
    path: (scene) => `${account(scene)}?tab=logs&log=configuration`,
    shows: (page) => page.getByRole("img", { name: "Succeeded" }).first(),
  },
  {
    name: "account-to-reconnect",
    path: ({ accounts }) => `/apps/${accounts["Club audience"]}`,
    shows: (page) => page.getByRole("button", { name: "Reconnect" }),
  },
  {
    name: "rules",
    path: () => "/rules",
    shows: (page) => page.getByRole("switch", { name: `Rule is on: ${TAGGED}` }),
  },
  {
    name: "rule-new",
    path: () => "/rules/new",
    shows: (page) => dialog(page, "Add rule").getByRole("button", { name: "Add Rule" }),
  },
  {
    name: "rule-edit",
    path: ({ rules }) => `/rules/${rules[TAGGED]}`,
    shows: (page) => dialog(page, "Edit rule").getByText(/Would (not )?have fired/),
  },
  {
    name: "activity",
    path: () => "/activity",
    shows: (page) => page.getByRole("list", { name: "Actions" }).getByText("Held").first(),
  },
  {
    name: "event",
    path: ({ event }) => `/activity/events/${event}`,
    shows: (page) => page.getByText("the coupon was SPRING, the rule wants VIP"),
  },
  {
    name: "action",
    path: ({ refused }) => `/activity/actions/${refused}`,
    shows: (page) => page.getByRole("complementary", { name: "Action" }).getByText("Attempt 1"),
  },
  {
    name: "buyer",
    path: ({ buyer }) => `/activity?q=${encodeURIComponent(buyer)}`,
    shows: (page) => page.getByRole("link", { name: /bought|Order Completed/ }).first(),
  },
  {
    name: "product",
    path: () => "/products/sourdough-course",
    shows: (page) => page.getByRole("switch", { name: `Rule is on: ${TAGGED}` }),
  },
];

for (const { name, path, shows } of CASES) {
  test(`${name} is accessible in both themes and fits at 360 px`, async ({ page, open }) => {
    await open(path(scene), session);
    await expect(shows(page, scene)).toBeVisible();
    await expectAccessible(page);
    await keepScreenshots(page, name);
    await expectNoOverflow(page, name);
  });
}

test("the first run is accessible in both themes and fits at 360 px", async ({ page, open }) => {
  await open();
  await expect(page.getByRole("heading", { name: "Start here" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Choose an app" })).toBeEnabled();
  await expectAccessible(page);
  await keepScreenshots(page, "first-run");
  await expectNoOverflow(page, "first-run");
});
