import { expect, it } from "vitest";
import type { ManifestAction, Rule, RuleBody } from "../api/types";
import { missingRule } from "./required";

const actions = [
  { key: "add_to_list", effect: { kind: "state", desired: "on", target: ["list_id"] } },
  { key: "add_tag", requires: ["add_to_list"], effect: { kind: "state", desired: "on", target: ["list_id", "tag"] } },
] as unknown as [ManifestAction, ManifestAction];
const tagging: RuleBody = {
  name: "Bakers",
  scope: { kind: "products", products: ["bread"] },
  trigger: "product_purchased",
  integration: "int_1",
  action: "add_tag",
  settings: { list_id: "a1", tag: ["Baker"] },
  conditions: [{ field: "coupon_code", operator: "equals", value: "VIP" }],
  use_gift_recipient: false,
  enabled: true,
};
const joining = { ...tagging, id: "rul_1", action: "add_to_list", settings: { list_id: "a1" } } as unknown as Rule;
const missing = (...others: Rule[]) => missingRule({ id: "rul_2", rule: tagging, action: actions[1], actions, others });

it("is the required action with the settings that both share", () =>
  expect(missing()).toEqual({ ...tagging, name: null, action: "add_to_list", settings: { list_id: "a1" } }));

it("is none for an action that needs no other", () =>
  expect(missingRule({ id: undefined, rule: tagging, action: actions[0], actions, others: [] })).toBeNull());

it.each([
  ["the same conditions", {}],
  ["no conditions", { conditions: [] }],
  ["every product", { scope: { kind: "global" } }],
  ["more products", { scope: { kind: "products", products: ["rye", "bread"] } }],
])("is none if a rule has it for %s", (_, change) => expect(missing({ ...joining, ...change } as Rule)).toBeNull());

it.each([
  ["is off", { enabled: false }],
  ["has another list", { settings: { list_id: "a2" } }],
  ["has another trigger", { trigger: "order_completed" }],
  ["has another account", { integration: "int_2" }],
  ["names other products", { scope: { kind: "products", products: ["rye"] } }],
  ["has other conditions", { conditions: [{ field: "coupon_code", operator: "equals", value: "SPRING" }] }],
  ["is for the recipient of a gift", { use_gift_recipient: true }],
  ["is the rule itself", { id: "rul_2" }],
])("is missing if the other rule %s", (_, change) => expect(missing({ ...joining, ...change } as Rule)).not.toBeNull());
