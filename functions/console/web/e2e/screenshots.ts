/** Takes the screenshots that the documents show. `npm run screenshots` runs it. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { furnish, type Scene } from "./support/scene";
import { PROJECT } from "./support/stack";
import { expect, test } from "./support/test";

const FOLDER = join(PROJECT, "functions/console/screenshots");
const MOST_BYTES = 150_000;

type Picture = {
  name: string;
  path: string;
  /** What the page shows when it is complete. */
  shows: Locator;
  width?: number;
  height?: number;
  colorScheme?: "light" | "dark";
};

function pictures(page: Page, { accounts, event, rules }: Scene): Picture[] {
  return [
    { name: "overview", path: "/", shows: page.getByRole("heading", { name: /\d+ actions/ }), height: 1060 },
    {
      name: "apps",
      path: "/apps?tab=all",
      shows: page.getByRole("button", { name: "Install ActiveCampaign" }),
      height: 960,
    },
    {
      name: "account",
      path: `/apps/${accounts["Main audience"]}?scope=products`,
      shows: page.getByRole("switch", { name: "Rule is on: Bakers are tagged" }),
    },
    {
      name: "rule",
      path: `/rules/${rules["VIP buyers are tagged"]}`,
      shows: page.getByRole("dialog").getByText(/Would (not )?have fired/),
      height: 760,
    },
    {
      name: "event",
      path: `/activity/events/${event}`,
      shows: page.getByText("the coupon was SPRING, the rule wants VIP"),
      colorScheme: "dark",
      height: 900,
    },
    {
      name: "rules-narrow",
      path: "/rules",
      shows: page.getByRole("switch", { name: "Rule is on: Bakers are tagged" }),
      width: 360,
    },
  ];
}

test("the screenshots of the documents", async ({ page, shop, sandbox, open }) => {
  const scene = await furnish(shop, sandbox, 48);
  await open();
  for (const picture of pictures(page, scene)) {
    const { name, path, shows, width = 1280, height = 800, colorScheme = "light" } = picture;
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate((hash) => location.assign(hash), `#${path}`);
    await expect(shows).toBeVisible();
    // The part of a long form that is shown.
    await shows.scrollIntoViewIfNeeded();
    await page.waitForLoadState("networkidle");
    const file = join(FOLDER, `${name}.png`);
    await page.screenshot({ path: file, caret: "hide" });
    expect((await stat(file)).size, `bytes of ${name}.png`).toBeLessThan(MOST_BYTES);
  }
});
