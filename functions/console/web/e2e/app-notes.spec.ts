/** What an app's manifest knows: its needs and the vendor's pages beside the form, and its traps at the account. */
import { installMailchimp } from "./support/forms";
import { expect, expectAccessible, test } from "./support/test";

test("the form says what an account needs, and links the vendor's page at the field that it is about", async ({
  page,
  open,
}) => {
  await open("/apps");
  const form = await installMailchimp(page);
  await expect(form.getByRole("heading", { name: "What you need" })).toBeVisible();
  await expect(form).toContainText("An audience; the field for a phone number must exist if the rule names it.");
  // A login has no field, and its page is the app's own.
  await expect(form.getByRole("link")).toHaveCount(0);

  await form.getByRole("radio", { name: "API key" }).check();
  const link = form.getByRole("link", { name: "More at mailchimp.com (opens in a new tab)" });
  await expect(link).toHaveAttribute("href", "https://mailchimp.com/help/about-api-keys/");
  await expect(link).toHaveAttribute("target", "_blank");
  await expect(link).toHaveAttribute("rel", "noopener noreferrer");
  await expectAccessible(page);
});

test("each field has its own page", async ({ page, open }) => {
  await open("/apps?connect=activecampaign");
  const form = page.getByRole("dialog", { name: "Connect ActiveCampaign" });
  const links = form.getByRole("link");
  await expect(links).toHaveCount(2);
  const addresses = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  expect(addresses).toEqual([
    "https://developers.activecampaign.com/reference/url",
    "https://developers.activecampaign.com/reference/authentication",
  ]);
  await expectAccessible(page);
});

test("the account's page has what surprises merchants, folded", async ({ page, shop, open }) => {
  await shop.connectMailchimp();
  const { items } = await shop.api<{ items: { id: string }[] }>("GET", "/v1/integrations");
  await open(`/apps/${items[0]?.id}`);
  const trap = page.getByText("Deleted contacts cannot be added by the API.");
  const summary = page.getByText("Good to know about Mailchimp");
  await expect(summary).toBeVisible();
  await expect(trap).toBeHidden();
  await summary.click();
  await expect(trap).toBeVisible();
  await expectAccessible(page);
});
