import { expect, it } from "vitest";
import type { CatalogApp } from "../api/queries";
import type { Finding, Integration, Rule, Trigger } from "../api/types";
import type { Catalog } from "./draft";
import { findingText, plainSentence, type Worded, wasText } from "./wording";

const app = {
  app: "mailchimp",
  manifest: { actions: [{ key: "add_tag", label: "Add Tag", effect: { kind: "state", target: ["list_id", "tag"] } }] },
} as unknown as CatalogApp;
const catalog: Catalog = {
  apps: new Map([["mailchimp", app]]),
  triggers: new Map([["product_purchased", { label: "Product Purchased" } as Trigger]]),
  integrations: new Map([["int_1", { app: "mailchimp", label: "Demo audience" } as Integration]]),
};
const rule: Worded = {
  scope: { kind: "products", products: ["bread"] },
  trigger: "product_purchased",
  integration: "int_1",
  action: "add_tag",
  settings: { list_id: "a1", tag: ["7"] },
  labels: { "7": "Baker" },
  names: { products: { bread: "Sourdough Masterclass" } },
  conditions: [{ field: "coupon_code", operator: "equals", value: "VIP" }],
};
const finding: Finding = {
  severity: "warning",
  code: "target_gone",
  field: "/settings/list_id",
  message: "the list no longer exists: choose another",
};
const said = (change: Partial<Worded>) => plainSentence({ ...rule, ...change }, catalog);

it("says a rule as a sentence", () => {
  expect(said({})).toBe(
    "When Product Purchased for Sourdough Masterclass, only if coupon is VIP, then Add Tag Baker in Demo audience",
  );
});

it("names two products and counts more", () => {
  const of = (...products: string[]) => said({ scope: { kind: "products", products } });
  expect(of("bread", "rye")).toContain("for Sourdough Masterclass and rye,");
  expect(of("bread", "rye", "oat")).toContain("for Sourdough Masterclass and 2 other products,");
  expect(said({ scope: { kind: "global" } })).toContain("for any product,");
});

it("says conditions with their values", () => {
  const of = (...conditions: NonNullable<Worded["conditions"]>) => said({ conditions });
  expect(of({ field: "amount", operator: "at_least", value: 4900 })).toContain("only if amount is at least 49.00,");
  expect(
    of({ field: "amount", operator: "at_most", value: 4900 }, { field: "currency", operator: "equals", value: "JPY" }),
  ).toContain("only if amount is at most ¥4,900 and currency is JPY,");
  expect(of({ field: "item_role", operator: "in", value: ["upsell", "order_bump"] })).toContain(
    "only if kind of item is one of upsell or order bump,",
  );
  expect(of({ field: "custom_field.Shoe size", operator: "exists" })).toContain("only if Shoe size is set,");
});

it("still says a rule whose account or action is not known", () => {
  const gone = { integration: "int_gone", action: "dance" };
  expect(said(gone)).toContain("then dance in a disconnected account");
  expect(said({ ...gone, names: { integration: "Demo audience", products: {} } })).toContain(
    "then dance in Demo audience",
  );
});

it("says the value that a condition found", () => {
  expect(wasText("amount", 3900, [{ field: "currency", operator: "equals", value: "USD" }])).toBe("amount was $39.00");
  expect(wasText("coupon_code", null, [])).toBe("coupon was not set");
  expect(wasText("item_role", ["upsell", "primary"], [])).toBe("kind of item was upsell, main product");
});

it("names the rule that a finding is about", () => {
  const rules = [{ ...rule, id: "rul_1" } as Rule];
  const said = (code: string, id: string, name: string | null) =>
    findingText({ ...finding, code, other_rule: { id, name } }, rules, catalog);
  expect(said("duplicate", "rul_2", "Bakers")).toMatch(/^Rule “Bakers” asks for the same when/);
  expect(said("opposite", "rul_1", null)).toMatch(/^Rule “Product Purchased: Add Tag Baker” asks for the opposite/);
  expect(said("duplicate", "rul_3", null)).toMatch(/^Another rule asks for the same/);
});

it("says any other finding in the server's words, as a sentence", () => {
  expect(findingText(finding, [], catalog)).toBe("The list no longer exists: choose another.");
  expect(findingText({ ...finding, message: "Choose another." }, [], catalog)).toBe("Choose another.");
});
