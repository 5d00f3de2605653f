import { describe, expect, it } from "vitest";
import type { CatalogApp } from "../api/queries";
import type { ConditionField, Integration, Rule, Trigger } from "../api/types";
import { emptyCondition } from "./condition";
import {
  bodyOf,
  type Catalog,
  draftOf,
  emptyDraft,
  familyOf,
  isSame,
  missingOf,
  triggersOf,
  withAction,
  withIntegration,
  withSetting,
} from "./draft";

const operators: ConditionField["operators"] = [
  { operator: "equals", value: "one", type: "text" },
  { operator: "in", value: "list", type: "text" },
  { operator: "at_least", value: "one", type: "number" },
  { operator: "exists", value: "none", type: null },
];
const field = (name: string, type: ConditionField["type"]): ConditionField => ({
  field: name,
  type,
  always: true,
  several: false,
  values: null,
  operators: operators.map((operator) => (operator.operator === "equals" ? { ...operator, type } : operator)),
});

const trigger = (key: string, family: Trigger["family"]) =>
  ({
    trigger: key,
    label: key,
    definition: "",
    family,
    fact: "",
    apps: [],
    fields: [
      field("amount", "number"),
      field("currency", "text"),
      field("test_mode", "boolean"),
      field("coupon_code", "text"),
      field("custom_field.<name>", "text"),
    ],
  }) as Trigger;

const list = { key: "list_id", label: "List", type: "option", options: "audiences", required: true } as const;
const mailchimp = {
  app: "mailchimp",
  label: "Mailchimp",
  manifest: {
    triggers: ["product_purchased", "course_student_added"],
    actions: [
      {
        key: "add_to_list",
        settings: [list, { key: "double_opt_in", label: "Double opt-in", type: "boolean", default: false }],
      },
      { key: "add_purchase", settings: [], triggers: ["product_purchased"] },
      { key: "add_tag", settings: [list, { key: "tag", label: "Tags", type: "option", options: "tags", many: true }] },
    ],
  },
} as unknown as CatalogApp;

const account = (id: string) => ({ id, app: "mailchimp", label: id }) as Integration;
const catalog: Catalog = {
  apps: new Map([["mailchimp", mailchimp]]),
  triggers: new Map([
    ["product_purchased", trigger("product_purchased", "ecommerce")],
    ["course_student_added", trigger("course_student_added", "courses")],
  ]),
  integrations: new Map([
    ["int_1", account("int_1")],
    ["int_2", account("int_2")],
  ]),
};

const rule: Rule = {
  id: "rul_1",
  etag: "1",
  name: "Bakers",
  scope: { kind: "products", products: ["bread"] },
  trigger: "product_purchased",
  integration: "int_1",
  app: "mailchimp",
  action: "add_to_list",
  settings: { list_id: "a1", double_opt_in: true },
  labels: { a1: "Customers" },
  conditions: [
    { field: "amount", operator: "at_least", value: 4900 },
    { field: "coupon_code", operator: "in", value: ["VIP", "SPRING"] },
    { field: "custom_field.Shoe size", operator: "at_least", value: 42.5 },
    { field: "test_mode", operator: "equals", value: false },
    { field: "currency", operator: "exists" },
  ],
  use_gift_recipient: true,
  enabled: false,
  created_at: "",
  updated_at: "",
  names: { products: { bread: "Bread" } },
};

describe("a stored rule", () => {
  it("is saved as it was read", () => {
    const { id, etag, app, labels, created_at, updated_at, names, ...body } = rule;
    expect(bodyOf(draftOf(rule), catalog)).toEqual(body);
    expect(missingOf(draftOf(rule), catalog)).toEqual([]);
  });

  it("shows amounts in the unit of the currency that its conditions name", () => {
    const amount = { field: "amount", operator: "equals", value: 4900 } as const;
    const of = (conditions: Rule["conditions"]) => draftOf({ ...rule, conditions }).conditions[0]?.values;
    expect(of([amount])).toEqual(["49.00"]);
    expect(of([amount, { field: "currency", operator: "equals", value: "JPY" }])).toEqual(["4900"]);
  });

  it("keeps the settings of an account that was deleted, also for the account that replaces it", () => {
    const orphan = draftOf({ ...rule, integration: "int_gone" });
    expect(bodyOf(orphan, catalog).settings).toEqual(rule.settings);
    expect(missingOf(orphan, catalog)).toContainEqual({ field: "integration" });
    expect(bodyOf(withIntegration(orphan, "int_2", catalog), catalog).settings).toEqual(rule.settings);
  });
});

describe("a new rule", () => {
  it("lacks everything in the order of the form", () => {
    const fields = missingOf(emptyDraft({}, catalog), catalog).map((missing) => missing.field);
    expect(fields).toEqual(["scope", "integration", "trigger"]);
  });

  it("has a name of at most 100 characters, which is not cut", () => {
    const named = (name: string) => ({ ...emptyDraft({}, catalog), name });
    expect(missingOf(named(` ${"ü".repeat(100)} `), catalog)).not.toContainEqual({ field: "name" });
    expect(missingOf(named("ü".repeat(101)), catalog)).toContainEqual({ field: "name" });
    expect(bodyOf(named("ü".repeat(101)), catalog).name).toHaveLength(101);
  });

  it("begins with what the address gives", () => {
    const draft = emptyDraft({ integration: "int_2", product: { value: "bread", label: "Bread" } }, catalog);
    expect(draft).toMatchObject({ integration: "int_2", scope: "products" });
    expect(emptyDraft({ integration: "int_gone" }, catalog).integration).toBe("");
  });

  it("needs the required settings of its action, and sends defaults", () => {
    const draft = { ...emptyDraft({ integration: "int_1" }, catalog), action: "add_to_list" };
    expect(missingOf(draft, catalog)).toContainEqual({ field: "setting", setting: list });
    expect(bodyOf(withSetting(draft, "list_id", "a1"), catalog).settings).toEqual({
      list_id: "a1",
      double_opt_in: false,
    });
  });

  it("finds the settings of an account again after another one was chosen", () => {
    const first = withSetting({ ...emptyDraft({ integration: "int_1" }, catalog), action: "add_tag" }, "list_id", "a1");
    const second = withIntegration(first, "int_2", catalog);
    expect(bodyOf(second, catalog).settings).toEqual({});
    expect(bodyOf(withIntegration(second, "int_1", catalog), catalog).settings).toEqual({ list_id: "a1" });
  });
});

describe("triggers", () => {
  it("are those of the action, else those of the app", () => {
    const offered = (action: string) =>
      triggersOf({ ...draftOf(rule), action }, catalog).map(({ trigger: key }) => key);
    expect(offered("add_purchase")).toEqual(["product_purchased"]);
    expect(offered("add_tag")).toEqual(["product_purchased", "course_student_added"]);
  });

  it("have the family that was chosen, else that of the rule's trigger", () => {
    expect(familyOf({ ...draftOf(rule), trigger: "course_student_added" }, catalog)).toBe("courses");
    expect(familyOf({ ...draftOf(rule), family: "courses" }, catalog)).toBe("courses");
  });

  it("are missing if the action does not offer them", () => {
    const draft = { ...draftOf(rule), action: "add_purchase", trigger: "course_student_added" };
    expect(missingOf(draft, catalog)).toContainEqual({ field: "trigger" });
  });
});

describe("conditions", () => {
  const reasonOf = (change: object) =>
    missingOf({ ...draftOf(rule), conditions: [{ ...emptyCondition(), ...change }] }, catalog);

  it.each([
    [{}, "field"],
    [{ field: "custom_field.<name>" }, "field"],
    [{ field: "amount" }, "operator"],
    [{ field: "amount", operator: "at_least" }, "value"],
    [{ field: "amount", operator: "at_least", values: ["a lot"] }, "number"],
  ])("%o lacks its %s", (change, reason) =>
    expect(reasonOf(change)).toEqual([{ field: "condition", index: 0, reason }]),
  );

  it("with a comma have the same amount", () => {
    const conditions = [{ ...emptyCondition(), field: "amount", operator: "at_least", values: ["49,5"] } as const];
    const body = bodyOf(
      { ...draftOf(rule), conditions: conditions.map((one) => ({ ...one, values: ["49,5"] })) },
      catalog,
    );
    expect(body.conditions).toEqual([{ field: "amount", operator: "at_least", value: 4950 }]);
  });
});

describe("a change", () => {
  it("is distinguished from differences of form", () => {
    const draft = draftOf(rule);
    expect(isSame(draft, draftOf(rule))).toBe(true);
    expect(isSame(draft, { ...draft, family: "courses", labels: {} })).toBe(true);
    expect(isSame(draft, { ...draft, conditions: [...draft.conditions, emptyCondition()] })).toBe(false);
    expect(isSame(draft, withSetting(draft, "list_id", "a2"))).toBe(false);
  });
});

describe("an action that is chosen", () => {
  const [add] = mailchimp.manifest.actions;
  const withDesired = (desired: "on" | "off"): Catalog => {
    const action = { ...add, effect: { kind: "state", desired } };
    const app = { ...mailchimp, manifest: { ...mailchimp.manifest, actions: [action] } } as unknown as CatalogApp;
    return { ...catalog, apps: new Map([["mailchimp", app]]) };
  };
  const triggerAfter = (desired: "on" | "off", change: object = {}) =>
    withAction({ ...emptyDraft({}, catalog), integration: "int_1", ...change }, "add_to_list", withDesired(desired))
      .trigger;

  it("has the usual trigger if it adds something", () => expect(triggerAfter("on")).toBe("product_purchased"));
  it("has no trigger if it removes something", () => expect(triggerAfter("off")).toBe(""));
  it("keeps the trigger that was chosen", () =>
    expect(triggerAfter("on", { trigger: "course_student_added" })).toBe("course_student_added"));
  it("keeps the kind of trigger that was chosen", () => expect(triggerAfter("on", { family: "courses" })).toBe(""));
});
