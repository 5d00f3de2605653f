import { describe, expect, it } from "vitest";
import type { Explanation, Verdict } from "../api/types";
import { plain } from "../format/told";
import { readRules } from "./rule-readings";
import { type Context, leftOut, senseOf, VERDICTS, wordsOf } from "./verdict";

const context: Context = {
  waitsUntil: null,
  currency: "USD",
  nameOf: (rule) => ({ rul_vip: "VIP buyers" })[rule] ?? null,
};

function verdict(is: Verdict["is"], more: Partial<Verdict> = {}): Verdict {
  return { rule: "rul_1", trigger: "product_purchased", is, why: is, actions: [], left_out: [], ...more };
}

const said = (is: Verdict["is"], more: Partial<Verdict> = {}, at: Partial<Context> = {}) =>
  plain(wordsOf(verdict(is, more), { ...context, ...at }));

describe("verdicts", () => {
  it.each([
    ["fired", { actions: ["job_1"] }, "Fired"],
    ["fired", { actions: ["job_1", "job_2"] }, "Fired with 2 actions"],
    ["disabled", {}, "Did not fire: the rule is switched off"],
    ["newer", {}, "Did not fire: the rule is newer than the event"],
    ["other_products", {}, "Names other products"],
    ["duplicate", { other_rule: "rul_vip" }, "Did nothing: VIP buyers does the same"],
    ["duplicate", { other_rule: "rul_gone" }, "Did nothing: another rule does the same"],
    ["duplicate", { other_rule: "rul_1" }, "Did nothing: it already does the same for another product of the order"],
    ["superseded", { other_rule: "rul_vip" }, "Did nothing: VIP buyers asks for the opposite, and removing wins"],
    ["not_offered", { missing: "app" }, "Did nothing: the app is no longer available"],
    ["not_offered", { missing: "trigger" }, "Did nothing: the app does not offer this action for the trigger"],
  ] as const)("%s %o says %s", (is, more, words) => expect(said(is, more as Partial<Verdict>)).toBe(words));

  it("says when a wait ends", () => {
    const at = new Date();
    at.setHours(16, 6, 0, 0);
    expect(said("waits", {}, { waitsUntil: at.toISOString() })).toMatch(
      /^Waits until (16:06|4:06.PM): it fires unless/,
    );
  });

  it("says when a wait would be in vain", () => {
    const condition = { number: 1, field: "coupon_code", operator: "equals", expected: "VIP", actual: null };
    expect(said("waits", { condition })).toBe(
      "Waits until the end of the delay, but would not fire now: the coupon was not given, the rule wants VIP",
    );
  });

  it("shows a verdict of a newer server in its words", () => {
    expect(said("postponed" as never, { why: "until spring" })).toBe("until spring");
    expect(senseOf("toString" as never).near).toBe("nearly");
  });

  it("each has a group", () => {
    expect(
      Object.values(VERDICTS).every(({ near }) => ["fired", "waiting", "nearly", "unrelated"].includes(near)),
    ).toBe(true);
  });
});

describe("conditions that do not hold", () => {
  const because = (field: string, operator: string, expected: unknown, actual: unknown) =>
    said("condition_failed", { condition: { number: 1, field, operator, expected, actual } });

  it.each([
    ["coupon_code", "equals", "VIP", "SPRING", "the coupon was SPRING, the rule wants VIP"],
    ["coupon_code", "equals", "VIP", null, "the coupon was not given, the rule wants VIP"],
    ["coupon_code", "in", ["A", "B"], ["C", "D"], "the coupon was C and D, the rule wants A or B"],
    ["coupon_code", "not_exists", null, "C", "the coupon was C, the rule wants none"],
    ["coupon_code", "exists", null, null, "the coupon was not given, the rule wants any value"],
    ["amount", "at_least", 5000, 4900, "the amount was $49.00, the rule wants at least $50.00"],
    ["currency", "not_equals", "USD", "USD", "the currency was USD, the rule wants any other than USD"],
    ["item_role", "equals", "upsell", "primary", "the kind of product was main product, the rule wants upsell"],
    ["test_mode", "equals", false, true, "test mode was on, the rule wants off"],
    [
      "custom_field.Oven",
      "contains",
      "gas",
      "none",
      "the answer to Oven was none, the rule wants a text that contains gas",
    ],
    ["planet", "orbits", "Sol", "Vega", "planet was Vega, the rule wants orbits Sol"],
    ["customer_country", "not_in", ["US"], "US", "the buyer's country was US, the rule wants none of US"],
    ["utm.source", "at_most", 3, 4, "the UTM source was 4, the rule wants at most 3"],
  ])("%s %s %o, was %o", (field, operator, expected, actual, reason) =>
    expect(because(field, operator, expected, actual)).toBe(`Did not fire: ${reason}`),
  );
});

describe("parts of a rule that another rule does", () => {
  it("names the part, the contact and the rule", () => {
    const parts = leftOut(
      verdict("fired", {
        left_out: [
          { target: "VIP", recipient: null, is: "duplicate", other_rule: "rul_vip", why: "" },
          { target: "Rye", recipient: "a@b.c", is: "superseded", other_rule: "rul_gone", why: "" },
        ],
      }),
      context,
    );
    expect(parts.map(plain)).toEqual([
      "Without VIP: VIP buyers does the same",
      "Without Rye for a@b.c: another rule asks for the opposite, and removing wins",
    ]);
  });
});

describe("rules of an event", () => {
  const explanation: Explanation = {
    read: [
      verdict("other_products", { rule: "rul_a", line: "li_1" }),
      verdict("fired", { rule: "rul_a", line: "li_2", actions: ["job_1"] }),
      verdict("fired", { rule: "rul_a", line: "li_3", actions: ["job_2"] }),
      verdict("disabled", { rule: "rul_b", line: "li_1" }),
    ],
    unread: [verdict("other_products", { rule: "rul_c", line: "li_1" })],
    silent: [
      { rule: "rul_d", trigger: "prospect_created", why: "" },
      { rule: "rul_e", trigger: "order_completed", why: "" },
    ],
  };

  it("are grouped by how near they came, and told once for lines with the same verdict", () => {
    const rules = readRules(explanation, null, context);
    expect(rules.map(({ rule, near }) => [rule, near])).toEqual([
      ["rul_a", "fired"],
      ["rul_b", "nearly"],
      ["rul_c", "unrelated"],
      ["rul_d", "unrelated"],
      ["rul_e", "unrelated"],
    ]);
    expect(rules[0]?.readings).toMatchObject([{ lines: ["li_2", "li_3"], actions: ["job_1", "job_2"] }]);
  });

  it("wait together with an earlier prospect", () => {
    const [nearest] = readRules({ read: [], unread: [], silent: explanation.silent }, { state: "joined" }, context);
    expect(nearest).toMatchObject({ rule: "rul_d", near: "waiting", readings: [{ meaning: "waiting" }] });
  });

  it("say what ended a prospect's wait", () => {
    const [nearest] = readRules({ read: [], unread: [], silent: explanation.silent }, { state: "bought" }, context);
    expect(nearest).toMatchObject({ rule: "rul_d", near: "nearly" });
    expect(plain(nearest?.readings[0]?.words ?? [])).toBe("Did not fire: the buyer bought the product in time");
  });
});
