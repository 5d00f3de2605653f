import { expect, it } from "vitest";
import type { Rule } from "../api/types";
import type { Catalog } from "./draft";
import { matches, serverFilter } from "./filter";

const none = { text: "", app: "", integration: "", enabled: "" };
const catalog: Catalog = { apps: new Map(), triggers: new Map(), integrations: new Map() };
const rule = {
  id: "rul_1",
  name: "Bakers",
  app: "mailchimp",
  scope: { kind: "products", products: ["bread"] },
  trigger: "product_purchased",
  integration: "int_1",
  action: "add_tag",
  settings: {},
  labels: {},
  conditions: [{ field: "coupon_code", operator: "equals", value: "VIP" }],
  names: { products: { bread: "Sourdough Masterclass" } },
} as unknown as Rule;

it("asks the server for what a list fixes and for what is chosen", () => {
  expect(serverFilter(none, {})).toEqual({});
  expect(serverFilter({ ...none, integration: "int_2", enabled: "off" }, { integration: "int_1" })).toEqual({
    integration: "int_1",
    enabled: false,
  });
  expect(serverFilter(none, { product: "bread" })).toEqual({ product: "bread", include_global: true });
});

it.each([
  ["", true],
  ["bakers", true],
  ["masterclass", true],
  ["coupon is vip", true],
  ["RUL_1", true],
  ["refund", false],
])("finds the rule by %j: %s", (text, found) => expect(matches(rule, { ...none, text }, catalog)).toBe(found));

it("finds only rules of the app", () => {
  expect(matches(rule, { ...none, app: "mailchimp" }, catalog)).toBe(true);
  expect(matches(rule, { ...none, app: "kit" }, catalog)).toBe(false);
});
