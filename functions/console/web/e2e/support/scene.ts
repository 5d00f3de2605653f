/** A shop after a few days of sales: accounts, rules, products and orders as a merchant has them. */
import { randomBytes } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import type { Sandbox } from "./sandbox";
import type { Shop } from "./shop";

const HOUR = 3_600_000;

const PRODUCTS = [
  ["sourdough-course", "Sourdough Masterclass", 4900],
  ["rye-course", "Rye Bread from Scratch", 3900],
  ["pastry-course", "Pastry Masterclass", 7900],
  ["baking-club", "The Baking Club", 1500],
] as const;

const FIRST_NAMES = ["Elena", "Maya", "Paul", "Kira", "Bea", "Gus", "Tara", "Owen", "Ines", "Jonas", "Amina"];
const LAST_NAMES = ["Petrova", "Cohen", "Dubois", "Lund", "Santos", "Olsen", "Singh", "Clarke", "Weber"];

/** A buyer whose address Mailchimp does not accept. */
const REFUSED = "Rosa Lind";

const RULES = `rules:
  - name: Buyers join the newsletter
    global: true
    trigger: product_purchased
    integration: Main audience
    action: add_to_list
    settings: { list_id: bakery }
  - name: Bakers are tagged
    products: [sourdough-course, rye-course]
    trigger: product_purchased
    integration: Main audience
    action: add_tag
    settings: { list_id: bakery, tag: [Baker] }
  - name: VIP buyers are tagged
    products: [sourdough-course]
    trigger: product_purchased
    integration: Main audience
    action: add_tag
    settings: { list_id: bakery, tag: [VIP] }
    conditions:
      - { field: coupon_code, operator: equals, value: VIP }
  - name: Refunded bakers lose the tag
    products: [sourdough-course, rye-course]
    trigger: product_refunded
    integration: Main audience
    action: remove_tag
    settings: { list_id: bakery, tag: [Baker] }
  - name: Club members get the welcome tag
    products: [baking-club]
    trigger: product_purchased
    integration: Club audience
    action: add_tag
    settings: { list_id: bakery, tag: [Member] }
  - name: The warehouse gets orders from $40
    global: true
    trigger: order_completed
    integration: Warehouse
    action: send_notify_url_post_for_orders
    conditions:
      - { field: currency, operator: equals, value: USD }
      - { field: amount, operator: at_least, value: 4000 }
  - name: Pastry students are tagged
    products: [pastry-course]
    trigger: course_student_started
    integration: Main audience
    action: add_tag
    settings: { list_id: bakery, tag: [Pastry student] }
    enabled: false
`;

export type Scene = {
  /** The newest order: its buyer is not tagged as VIP, because the coupon was another one. */
  event: string;
  buyer: string;
  /** Ids by the rule's name, and by the account's. */
  rules: Record<string, string>;
  accounts: Record<string, string>;
  /** An action that the app refused. */
  refused: string;
};

/** Fills a marketplace. The number of its orders is at most 99. */
export async function furnish(shop: Shop, sandbox: Sandbox, orders = 12): Promise<Scene> {
  const refused = emailOf(REFUSED);
  await sandbox.seed("mailchimp", {
    audiences: [{ id: "bakery", name: "Bakery newsletter", tags: ["Baker", "Member", "Pastry student", "VIP"] }],
    addresses: [{ email: refused, verdict: "fake" }],
  });
  await shop.connectMailchimp("Main audience");
  const clubKey = `${randomBytes(16).toString("hex")}-us6`;
  await shop.engine("connect", "mailchimp", "--label", "Club audience", "--set", `api_key=${clubKey}`);
  await shop.connectWebhook("Warehouse");
  await shop.engine("refresh", "Main audience");
  await shop.rules(RULES);
  await publish(
    shop,
    "Product Saved",
    PRODUCTS.map(([id, name, amount]) => ({
      id: `${id}.saved`,
      occurred_at: at(200),
      product: { product_id: id, name, price: { amount, currency: "USD" }, status: "live" },
    })),
  );
  await sandbox.token("mailchimp", clubKey, "revoked");

  const sold = Array.from({ length: orders }, (_, index) => {
    // More orders on some days than on others, and most for the masterclass.
    const hours = 3 + (index * 150) / orders + 9 * Math.sin(index);
    const product = index % 5 === 4 ? 3 : index % 3;
    const buyer = `${FIRST_NAMES[index % FIRST_NAMES.length]} ${LAST_NAMES[index % LAST_NAMES.length]}`;
    return order(index, buyer, product, hours, index % 6 === 0 ? "VIP" : undefined);
  });
  const [rejected] = await publish(shop, "Order Completed", [order(98, REFUSED, 1, 2)]);
  await publish(shop, "Order Completed", sold);
  const [event] = await publish(shop, "Order Completed", [order(99, "Nora Quist", 0, 0.1, "SPRING")]);
  if (!event || !rejected) throw new Error("No event was published.");
  await shop.ended(event, 3);
  await shop.ended(rejected, 2);
  const waiting = async () => {
    const { actions, statuses } = await shop.api<Summary>("GET", `/v1/summary?since=${at(24 * 8)}`);
    return actions < 2 * orders ? "not all have started" : (statuses.retrying ?? 0);
  };
  await expect.poll(waiting, { message: "actions that are under way" }).toBe(0);

  const { items: rules } = await shop.api<Items<{ id: string; name: string }>>("GET", "/v1/rules?limit=100");
  const { items: accounts } = await shop.api<Items<{ id: string; label: string }>>("GET", "/v1/integrations");
  const { items: actions } = await shop.api<Items<{ id: string }>>("GET", "/v1/actions?status=rejected&limit=1");
  return {
    event,
    buyer: emailOf("Nora Quist"),
    rules: Object.fromEntries(rules.map(({ id, name }) => [name, id])),
    accounts: Object.fromEntries(accounts.map(({ id, label }) => [label, id])),
    refused: actions[0]?.id ?? "",
  };
}

type Summary = { actions: number; statuses: Record<string, number> };
type Items<T> = { items: T[] };
type Json = Record<string, unknown>;

const at = (hoursAgo: number) => `${new Date(Date.now() - hoursAgo * HOUR).toISOString().slice(0, 19)}Z`;

const emailOf = (name: string) => `${name.toLowerCase().replace(" ", ".")}@example.com`;

function order(index: number, buyer: string, productIndex: number, hoursAgo: number, coupon?: string): Json {
  const [product, name, amount] = PRODUCTS[productIndex] ?? PRODUCTS[0];
  const [first, last] = buyer.split(" ");
  const discount = { amount: coupon ? amount / 10 : 0, currency: "USD" };
  const number = 7001 + index;
  return {
    id: `ord_${number}.completed`,
    occurred_at: at(hoursAgo),
    customer: { id: `cus_${number}`, email: emailOf(buyer), first_name: first, last_name: last },
    order: { id: `ord_${number}`, total: { amount: amount - discount.amount, currency: "USD" } },
    items: [
      {
        line_id: "li_1",
        product_id: product,
        name,
        role: "primary",
        quantity: 1,
        price: { amount, currency: "USD" },
        ...(coupon && { coupon: { code: coupon, discount } }),
      },
    ],
  };
}

/** Publishes facts of a kind, and returns their events' ids. */
export async function publish(shop: Shop, kind: string, details: Json[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "console-"));
  const file = join(folder, "facts.json");
  const entries = details.map((detail) => ({
    Source: "commerce",
    DetailType: kind,
    EventBusName: "commerce",
    Detail: JSON.stringify({ marketplace_id: shop.id, test_mode: false, ...detail }),
  }));
  await writeFile(file, JSON.stringify(entries));
  return (await shop.engine("publish", file, "--ids")).split("\n");
}
