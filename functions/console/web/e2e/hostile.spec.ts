/** Texts of buyers, merchants and apps that would break a page: markup, reversed text, great lengths and numbers. */
import type { Page } from "@playwright/test";
import { expectNoOverflow } from "./support/layout";
import { publish } from "./support/scene";
import { expect, test } from "./support/test";

const MARKUP = `<img src=x onerror="injected=1"><b>bold</b><script>injected=1</script>`;
const REVERSED = "\u202Egnirts desrever\u202C";
const LONG = "Donaudampfschifffahrt".repeat(13).slice(0, 256);

/** Checks that hostile texts became no elements, ran no code and do not reverse the words around them. */
async function expectHarmless(page: Page): Promise<void> {
  const found = await page.evaluate(() => {
    const isAlone = (text: Node): boolean => {
      let element = text.parentElement;
      while (element && element.tagName !== "BDI" && getComputedStyle(element).display === "inline") {
        element = element.parentElement;
      }
      return element?.tagName === "BDI" || element?.textContent === text.textContent;
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const reversing: string[] = [];
    while (texts.nextNode()) {
      const { currentNode } = texts;
      if (currentNode.textContent?.includes("\u202E") && !isAlone(currentNode)) {
        reversing.push(currentNode.parentElement?.outerHTML ?? "");
      }
    }
    return {
      injected: Reflect.get(window, "injected"),
      elements: document.querySelectorAll("img, body script, main b").length,
      reversing,
    };
  });
  expect(found).toEqual({ injected: undefined, elements: 0, reversing: [] });
}

/** Opens a page of the console that is open. */
async function show(page: Page, path: string): Promise<void> {
  await page.evaluate((hash) => location.assign(hash), `#${path}`);
}

const price = { amount: 4900, currency: "USD" };

test("markup, reversed and long names are shown as text on every page", async ({ page, shop, open }) => {
  const label = `${MARKUP.slice(0, 60)} ${REVERSED.replace(/[\u202A-\u202E]/g, "")}`.slice(0, 100);
  await shop.connectAndRefresh(label);
  await shop.api("POST", "/v1/rules", {
    // Rule names, as account labels, have no direction characters: the API refuses them.
    name: label,
    scope: { kind: "global" },
    trigger: "product_purchased",
    integration: (await shop.api<{ items: { id: string }[] }>("GET", "/v1/integrations")).items[0]?.id,
    action: "add_to_list",
    settings: { list_id: "demo" },
  });
  await shop.api("POST", "/v1/rules", {
    name: LONG.slice(0, 100),
    scope: { kind: "products", products: ["hostile"] },
    trigger: "product_purchased",
    integration: (await shop.api<{ items: { id: string }[] }>("GET", "/v1/integrations")).items[0]?.id,
    action: "add_tag",
    settings: { list_id: "demo", tag: [LONG.slice(0, 90), MARKUP.slice(0, 90)] },
    conditions: [{ field: "coupon_code", operator: "equals", value: MARKUP }],
  });
  const product = { product_id: "hostile", name: `${MARKUP} ${REVERSED}`, price, status: "live" };
  await publish(shop, "Product Saved", [{ id: "hostile.saved", occurred_at: new Date().toISOString(), product }]);
  const email = `${"a".repeat(60)}.${"b".repeat(60)}@${"example-".repeat(7)}.com`.replace("-.com", ".com");
  const [event = ""] = await publish(shop, "Order Completed", [
    {
      id: "ord_hostile.completed",
      occurred_at: new Date().toISOString(),
      customer: { id: "cus_1", email: email.slice(60), first_name: MARKUP, last_name: REVERSED },
      order: { id: `ord_${"9".repeat(120)}`, total: price, custom_fields: { [MARKUP]: LONG } },
      items: [
        {
          product_id: "hostile",
          name: LONG,
          role: "primary",
          quantity: 1,
          price,
          coupon: { code: LONG.slice(0, 120), discount: price },
        },
        { product_id: "other", name: `${MARKUP} ${REVERSED}`, role: "upsell", quantity: 3, price },
      ],
    },
  ]);
  await shop.ended(event);
  const { items: actions } = await shop.api<{ items: { id: string; rule: string; integration: string }[] }>(
    "GET",
    "/v1/actions",
  );
  const { items: rules } = await shop.api<{ items: { id: string; name: string }[] }>("GET", "/v1/rules");
  const [action] = actions;
  const long = rules.find(({ name }) => name === LONG.slice(0, 100))?.id;

  await open();
  const isBold = (text = "<b>bold</b>") => page.getByText(text).first();
  for (const [path, shows] of [
    ["/", page.getByRole("heading", { name: "1 action" })],
    ["/apps?tab=installed", isBold("<img src=x")],
    [`/apps/${action?.integration}`, isBold()],
    [`/apps/${action?.integration}?tab=logs&log=configuration`, page.getByRole("img", { name: "Succeeded" }).first()],
    ["/rules", page.getByText(LONG.slice(0, 100)).first()],
    [`/rules/${long}`, page.getByRole("dialog").getByText(/Would (not )?have fired/)],
    ["/activity", isBold()],
    [`/activity/actions/${action?.id}`, page.getByText("Attempt 1")],
    [`/activity/events/${event}`, page.getByText("the coupon was").first()],
    [`/activity?q=${encodeURIComponent(email.slice(60))}`, page.getByText("1 rule fired")],
    ["/products/hostile", isBold()],
  ] as const) {
    await show(page, path);
    await expect(shows, path).toBeVisible();
    await expectHarmless(page);
    await expectNoOverflow(page, path);
  }
});

/** The lines of an element's own words, without those of isolated names, whose letters do not go from left to right. */
function backwards(element: Element): string[] {
  const found: string[] = [];
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.parentElement?.closest("bdi")) continue;
    const range = document.createRange();
    let last: DOMRect | undefined;
    for (let at = 0; at < (text.textContent?.length ?? 0); at += 1) {
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      const place = range.getBoundingClientRect();
      if (place.width === 0) continue;
      if (last && Math.abs(place.top - last.top) < 2 && place.left < last.left) found.push(text.textContent ?? "");
      last = place;
    }
  }
  return found;
}

test("names that reverse what follows, as apps and shops have them, reverse nothing else", async ({
  page,
  shop,
  sandbox,
  open,
}) => {
  // Without a character that ends it, an override lasts to the end of its paragraph.
  const reversing = (name: string) => `\u202E${name}`;
  const [audience, tag, product] = ["List of buyers", "Bakers", "Bread course"].map(reversing);
  const list = `reversing${process.pid}`;
  await sandbox.seed("mailchimp", { audiences: [{ id: list, name: audience, tags: [tag] }] });
  await shop.connectAndRefresh();
  const { items: accounts } = await shop.api<{ items: { id: string }[] }>("GET", "/v1/integrations");
  const saved = { product_id: "bread", name: product, price, status: "live" };
  await publish(shop, "Product Saved", [{ id: "bread.saved", occurred_at: new Date().toISOString(), product: saved }]);
  for (const [action, settings] of [
    ["add_to_list", { list_id: list }],
    ["add_tag", { list_id: list, tag: [tag] }],
  ] as const) {
    await shop.api("POST", "/v1/rules", {
      scope: { kind: "products", products: ["bread"] },
      trigger: "product_purchased",
      integration: accounts[0]?.id,
      action,
      settings,
    });
  }
  const email = `ada.${shop.id}@example.com`;
  const [event = ""] = await publish(shop, "Order Completed", [
    {
      id: "ord_1.completed",
      occurred_at: new Date().toISOString(),
      customer: { id: "cus_1", email, first_name: reversing("Ada"), last_name: reversing("Lovelace") },
      order: { id: "ord_1", total: price },
      items: [{ product_id: "bread", name: product, role: "primary", quantity: 1, price }],
    },
  ]);
  await shop.ended(event, 2);
  const { items: actions } = await shop.api<{ items: { id: string }[] }>("GET", "/v1/actions");

  await open();
  const names = page.getByText(/\u202E/);
  for (const [path, words] of [
    ["/rules", /^When Product Purchased for/],
    ["/activity", new RegExp(`for ${email}`)],
    [`/activity/actions/${actions[0]?.id}`, /^Add (To List|Tag) .*(buyers|Bakers)$/],
    [`/activity/events/${event}`, /bought .*Bread course for \$49\.00/],
    ["/products/bread", /^When Product Purchased for/],
  ] as const) {
    await show(page, path);
    await expect(names.first(), path).toBeVisible();
    const sentence = page.locator("h1, h2, a, span").filter({ hasText: words }).last();
    await expect(sentence, path).toBeVisible();
    expect(await sentence.textContent(), path).toContain("\u202E");
    await expectHarmless(page);
    expect(await page.locator("body").evaluate(backwards), path).toEqual([]);
  }

  // The check does find a name that is not isolated.
  const found = await page.evaluate((name) => {
    const sentence = document.createElement("p");
    sentence.textContent = `When ${name} is bought`;
    document.body.prepend(sentence);
    return sentence.textContent;
  }, tag);
  expect(await page.locator("body").evaluate(backwards)).toContain(found);
});

test("1,000 rules are listed by fifties, and found by their names", async ({ page, shop, open }) => {
  await shop.connectMailchimp();
  const rules = Array.from({ length: 1000 }, (_, index) => {
    const name = `Rule ${String(index).padStart(3, "0")} ${index % 10 === 0 ? LONG.slice(0, 90) : ""}`.trim();
    const trigger = index % 2 ? "product_purchased" : "product_refunded";
    return `  - { name: ${JSON.stringify(name)}, products: [product-${index}], trigger: ${trigger}, integration: Demo audience, action: add_tag, settings: { list_id: demo, tag: ["tag ${index}"] } }`;
  });
  const document = `rules:\n${rules.join("\n")}\n`;
  type Plan = { plan: string; added: number; applied: boolean };
  let plan = await shop.api<Plan>("POST", "/v1/rules/import", { document });
  expect(plan.added).toBe(1000);
  // Each call applies what it can in its time.
  do {
    plan = await shop.api<Plan>("POST", `/v1/rules/import?apply=true&plan=${plan.plan}`, { document });
  } while (!plan.applied);

  await open("/rules");
  const switches = page.getByRole("switch", { name: /^Rule is on: Rule/ });
  await expect(switches).toHaveCount(50);
  await page.getByRole("button", { name: "Show more" }).click();
  await expect(switches).toHaveCount(100);
  await expectNoOverflow(page, "100 of 1,000 rules");
  await page.getByRole("searchbox", { name: "Search rules" }).fill("Rule 777");
  await expect(switches).toHaveCount(1);
});

test("a list with 2,000 tags is searched, with tags as long as they can be", async ({ page, shop, sandbox, open }) => {
  const id = `many${process.pid}`;
  const tags = Array.from({ length: 2000 }, (_, index) => `Tag ${String(index).padStart(4, "0")}`);
  await sandbox.seed("mailchimp", { audiences: [{ id, name: "Many tags", tags: [...tags, MARKUP, LONG] }] });
  await shop.connectAndRefresh();
  const { items } = await shop.api<{ items: { id: string }[] }>("GET", "/v1/integrations");
  await open(`/rules/new?integration=${items[0]?.id}`);
  const form = page.getByRole("dialog", { name: "Add rule" });
  const choose = async (field: string, option: string | RegExp) => {
    await form.getByRole("combobox", { name: field, exact: true }).click();
    await page.getByRole("option", { name: option }).first().click();
  };
  await choose("Action", "Add Tag");
  await choose("List", /Many tags/);
  const box = form.getByRole("combobox", { name: "Tags" });
  for (const [search, name] of [
    ["Tag 1999", "Tag 1999"],
    ["bold", MARKUP],
    ["Donau", LONG],
  ] as const) {
    await box.fill(search);
    await page.getByRole("option", { name, exact: true }).click();
    await expect(form.getByRole("button", { name: `Remove ${name}`, exact: true })).toBeVisible();
  }
  await expectHarmless(page);
  await expectNoOverflow(page, "the chosen tags");
  await page.setViewportSize({ width: 360, height: 800 });
  await box.fill("Tag 1");
  await expect(page.getByRole("option", { name: "Tag 1000", exact: true })).toBeVisible();
  await expectNoOverflow(page, "the open list of tags");
});

test("an order with 100 products is shown by its first, then whole", async ({ page, shop, open }) => {
  await shop.connectMailchimp();
  await shop.rules(`rules:
  - name: Buyers join the list
    products: [product-99]
    trigger: product_purchased
    integration: Demo audience
    action: add_to_list
    settings: { list_id: demo }
`);
  const items = Array.from({ length: 100 }, (_, index) => ({
    line_id: `li_${index}`,
    product_id: `product-${index}`,
    name: index % 7 === 0 ? `${LONG.slice(0, 250)} ${index}` : `Course ${index}`,
    role: index === 0 ? "primary" : "upsell",
    quantity: 1,
    price,
  }));
  const [event = ""] = await publish(shop, "Order Completed", [
    {
      id: "ord_100.completed",
      occurred_at: new Date().toISOString(),
      customer: { id: "cus_1", email: "ada@example.com" },
      order: { id: "ord_100", total: { amount: 490_000, currency: "USD" } },
      items,
    },
  ]);
  await shop.ended(event);
  await open(`/activity/events/${event}`);
  const details = page.getByRole("complementary", { name: "Details" });
  await expect(details.getByText("Course 1", { exact: true })).toBeVisible();
  await expect(details.getByText("Course 99", { exact: true })).toHaveCount(0);
  await expectNoOverflow(page, "the first products");
  await page.getByRole("button", { name: "Show all 100 products" }).click();
  await expect(details.getByRole("row")).toHaveCount(101);
  await expectNoOverflow(page, "100 products");
  await expect(page.getByText("Course 99:")).toBeVisible();
});
