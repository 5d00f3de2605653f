/** Conditions as a form edits them, and as a rule stores them. */
import type { Condition, ConditionField, Trigger } from "../api/types";

type Operator = Condition["operator"];
type OperatorView = ConditionField["operators"][number];

export type ConditionDraft = {
  /** Tells conditions of one form apart. */
  key: string;
  /** A field as the trigger lists it, such as `custom_field.<name>`. */
  field: string;
  /** The name of a custom field. */
  custom: string;
  operator: Operator | "";
  /** The values as they are typed. */
  values: string[];
};

export const CUSTOM = "custom_field.<name>";
const CUSTOM_PREFIX = "custom_field.";
const WITHOUT_VALUE: readonly string[] = ["exists", "not_exists"];
const WITH_LIST: readonly string[] = ["in", "not_in"];

let created = 0;

export function emptyCondition(): ConditionDraft {
  created += 1;
  return { key: `condition-${created}`, field: "", custom: "", operator: "", values: [] };
}

export function fieldOf(draft: ConditionDraft, trigger: Trigger | undefined): ConditionField | undefined {
  return trigger?.fields.find(({ field }) => field === draft.field);
}

export function operatorOf(draft: ConditionDraft, field: ConditionField | undefined): OperatorView | undefined {
  return field?.operators.find(({ operator }) => operator === draft.operator);
}

/** The number of values that an operator needs. */
export function expected(operator: string): "none" | "one" | "list" {
  if (WITHOUT_VALUE.includes(operator)) return "none";
  return WITH_LIST.includes(operator) ? "list" : "one";
}

/** The decimal digits of the currency that the conditions name; 2 without one. */
export function digitsOf(currency: string | undefined): number {
  if (!currency) return 2;
  try {
    const format = new Intl.NumberFormat("en", { style: "currency", currency });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

/** The only currency that the conditions accept. */
export function currencyOf(conditions: readonly Condition[]): string | undefined {
  const found = conditions.find(({ field, operator }) => field === "currency" && operator === "equals");
  return typeof found?.value === "string" ? found.value : undefined;
}

export function currencyOfDrafts(drafts: readonly ConditionDraft[]): string | undefined {
  return drafts.find(({ field, operator }) => field === "currency" && operator === "equals")?.values[0];
}

export function draftsOf(conditions: readonly Condition[]): ConditionDraft[] {
  const digits = digitsOf(currencyOf(conditions));
  return conditions.map((condition) => {
    const isCustom = condition.field.startsWith(CUSTOM_PREFIX);
    const values = Array.isArray(condition.value) ? condition.value : [condition.value];
    return {
      ...emptyCondition(),
      field: isCustom ? CUSTOM : condition.field,
      custom: isCustom ? condition.field.slice(CUSTOM_PREFIX.length) : "",
      operator: condition.operator,
      values: values
        .filter((value) => value !== undefined && value !== null)
        .map((value) => typedText(value, condition.field, digits)),
    };
  });
}

function typedText(value: unknown, field: string, digits: number): string {
  return field === "amount" && typeof value === "number" ? (value / 10 ** digits).toFixed(digits) : String(value);
}

/** Why a condition cannot be sent yet. */
export type Incomplete = "field" | "operator" | "value" | "number";

/** A condition as a rule stores it, or why it is not complete. */
export function conditionOf(draft: ConditionDraft, trigger: Trigger | undefined, digits: number) {
  if (draft.field === "" || (draft.field === CUSTOM && draft.custom.trim() === "")) return incomplete("field");
  if (draft.operator === "") return incomplete("operator");
  const field = draft.field === CUSTOM ? CUSTOM_PREFIX + draft.custom.trim() : draft.field;
  const count = expected(draft.operator);
  if (count === "none") return complete({ field, operator: draft.operator });
  const texts = draft.values.map((value) => value.trim()).filter((value) => value !== "");
  if (texts.length === 0) return incomplete("value");
  const kind = operatorOf(draft, fieldOf(draft, trigger))?.type ?? "text";
  const values = texts.map((text) => parsed(text, kind, draft.field === "amount" ? digits : 0));
  if (values.includes(null)) return incomplete("number");
  return complete({ field, operator: draft.operator, value: count === "list" ? values : values[0] });
}

function complete(condition: Condition): { condition: Condition; incomplete: null } {
  return { condition, incomplete: null };
}

function incomplete(reason: Incomplete): { condition: null; incomplete: Incomplete } {
  return { condition: null, incomplete: reason };
}

function parsed(text: string, kind: string, digits: number): string | number | boolean | null {
  if (kind === "boolean") return text === "true";
  if (kind === "text") return text;
  if (!/^-?\d+([.,]\d+)?$/.test(text)) return null;
  const number = Number(text.replace(",", "."));
  return digits > 0 ? Math.round(number * 10 ** digits) : number;
}
