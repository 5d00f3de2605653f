/** A rule in words: the parts of its sentence, and the same as plain text for searching. */

import type { Condition, Finding, Rule } from "../api/types";
import { targetOf } from "../api/unnamed";
import { money } from "../format/money";
import { rules as text } from "../text";
import { currencyOf, digitsOf, expected } from "./condition";
import type { Catalog } from "./draft";

/** What a sentence needs of a rule; a draft's body has it too. */
export type Worded = Pick<Rule, "scope" | "trigger" | "integration" | "action" | "settings" | "labels" | "names"> & {
  app?: string;
  conditions?: readonly Condition[];
};

/** A part of a sentence; `strong` parts are values, the others join them. */
export type Part = { text: string; strong: boolean };

const joins = (words: string): Part => ({ text: words, strong: false });
const value = (words: string): Part => ({ text: words, strong: true });

export function sentenceOf(rule: Worded, catalog: Catalog): Part[] {
  const { sentence } = text;
  const conditions = conditionTexts(rule.conditions ?? []);
  return [
    joins(`${sentence.trigger} `),
    value(catalog.triggers.get(rule.trigger)?.label ?? rule.trigger),
    joins(` ${sentence.products} `),
    ...productParts(rule),
    ...conditions.flatMap((condition, index) => [
      joins(index === 0 ? `, ${sentence.conditions} ` : ` ${sentence.and} `),
      value(condition),
    ]),
    joins(`, ${sentence.action} `),
    value(actionText(rule, catalog)),
    joins(` ${sentence.account} `),
    accountPart(rule, catalog),
  ];
}

function accountPart(rule: Worded, catalog: Catalog): Part {
  const label = accountLabel(rule, catalog);
  return label === undefined ? joins(text.disconnectedAccount) : value(label);
}

/** The label of a rule's account; undefined if it was disconnected. */
export function accountLabel(rule: Worded, catalog: Catalog): string | undefined {
  return catalog.integrations.get(rule.integration)?.label ?? rule.names?.integration ?? undefined;
}

export function plainSentence(rule: Worded, catalog: Catalog): string {
  return sentenceOf(rule, catalog)
    .map((part) => part.text)
    .join("");
}

function productParts(rule: Worded): Part[] {
  if (rule.scope.kind === "global") return [joins(text.anyProduct)];
  const names = rule.scope.products.map((product) => rule.names?.products?.[product] ?? product);
  const [first = "", second] = names;
  if (second === undefined) return [value(first)];
  if (names.length === 2) return [value(first), joins(` ${text.sentence.and} `), value(second)];
  return [value(first), joins(` ${text.andMore(names.length - 1)}`)];
}

/** The action with what it sets or removes: Add Tag Baker. */
function actionText(rule: Worded, catalog: Catalog): string {
  const app = catalog.integrations.get(rule.integration)?.app ?? rule.app ?? "";
  const action = catalog.apps.get(app)?.manifest.actions.find(({ key }) => key === rule.action);
  const target = targetOf(rule, action);
  return [action?.label ?? rule.action, target].filter(Boolean).join(" ");
}

export function conditionTexts(conditions: readonly Condition[]): string[] {
  const currency = currencyOf(conditions);
  return conditions.map((condition) => conditionText(condition, currency));
}

function conditionText({ field, operator, value: given }: Condition, currency: string | undefined): string {
  const words = [fieldInSentence(field), text.operators[operator] ?? operator];
  if (expected(operator) !== "none") {
    const values = [given].flat().map((one) => valueText(one, field, currency));
    words.push(values.join(` ${text.or} `));
  }
  return words.join(" ");
}

/** The value that a field had: amount was 39.00. */
export function wasText(field: string, actual: unknown, conditions: readonly Condition[]): string {
  const name = fieldInSentence(field);
  const values = [actual].flat().filter((one) => one !== null && one !== undefined);
  if (values.length === 0) return text.wasNotSet(name);
  return text.was(name, values.map((one) => valueText(one, field, currencyOf(conditions))).join(", "));
}

function fieldInSentence(field: string): string {
  const label = fieldLabel(field);
  const isName = !(field in text.fields) || /^[A-Z]{2}/.test(label);
  return isName ? label : label.charAt(0).toLowerCase() + label.slice(1);
}

/** The name of a field: that of a custom field is the merchant's own. */
export function fieldLabel(field: string): string {
  return text.fields[field] ?? field.replace(/^custom_field\./, "");
}

function valueText(given: unknown, field: string, currency: string | undefined): string {
  if (field !== "amount" || typeof given !== "number") return valueLabel(String(given), field);
  return currency ? money(given, currency) : (given / 100).toFixed(digitsOf(currency));
}

/** A value as a merchant reads it. */
export function valueLabel(given: string, field: string): string {
  return field === "item_role" || field === "test_mode" ? (text.values[given] ?? given) : given;
}

/** A rule without a name in a few words: Product Purchased: Add Tag Baker. */
function shortly(rule: Worded, catalog: Catalog): string {
  return `${catalog.triggers.get(rule.trigger)?.label ?? rule.trigger}: ${actionText(rule, catalog)}`;
}

/** A finding of the server as a sentence, with the name of the rule that it is about. */
export function findingText(finding: Finding, rules: readonly Rule[], catalog: Catalog): string {
  const { code, message, other_rule } = finding;
  if (other_rule && (code === "duplicate" || code === "opposite")) {
    const rule = rules.find(({ id }) => id === other_rule.id);
    const name = other_rule.name || (rule && shortly(rule, catalog));
    return text.form.conflicts[code](name ? text.ruleNamed(name) : text.otherRule);
  }
  const end = /[.!?]$/.test(message) ? "" : ".";
  return message.charAt(0).toUpperCase() + message.slice(1) + end;
}
