/** The verdict on a rule in words, its group, and its next step. */
import type { Verdict } from "../api/types";
import { money } from "../format/money";
import { clock } from "../format/time";
import { listOf, name, type Piece, type Sentence, told } from "../format/told";
import { activity } from "../text";
import type { Meaning } from "../ui/shape";

export type Is = Verdict["is"];
/** How many of a rule's requirements were met. */
export type Nearness = "fired" | "waiting" | "nearly" | "unrelated";
export type RuleStep = "edit-rule" | "see-other-rule" | "run-rule" | null;

type Sense = {
  near: Nearness;
  meaning: Meaning;
  step: RuleStep;
  say: (verdict: Verdict, context: Context) => Sentence;
};

/** What the words need besides the verdict. */
export type Context = {
  /** The end of the prospect's wait. */
  waitsUntil: string | null;
  /** The currency of the fact's amounts. */
  currency: string | null;
  /** A rule's name. */
  nameOf: (rule: string) => string | null;
};

const texts = activity.verdicts;

export const VERDICTS = {
  fired: { near: "fired", meaning: "done", step: null, say: ({ actions }) => texts.fired(actions.length) },
  would_fire: { near: "nearly", meaning: "skipped", step: "run-rule", say: () => texts.would_fire },
  newer: { near: "nearly", meaning: "skipped", step: "run-rule", say: () => texts.newer },
  waits: {
    near: "waiting",
    meaning: "waiting",
    step: null,
    say: ({ condition }, context) => {
      const until = context.waitsUntil && clock(context.waitsUntil);
      return condition ? texts.waitsInVain(until, failed(condition, context)) : texts.waits(until);
    },
  },
  condition_failed: {
    near: "nearly",
    meaning: "skipped",
    step: "edit-rule",
    say: ({ condition }, context) => (condition ? texts.condition(failed(condition, context)) : texts.conditionUnknown),
  },
  disabled: { near: "nearly", meaning: "skipped", step: "edit-rule", say: () => texts.disabled },
  duplicate: {
    near: "nearly",
    meaning: "skipped",
    step: "see-other-rule",
    say: (verdict, context) =>
      verdict.other_rule === verdict.rule
        ? texts.duplicateSelf
        : texts.duplicate(ruleName(verdict.other_rule, context)),
  },
  superseded: {
    near: "nearly",
    meaning: "skipped",
    step: "see-other-rule",
    say: ({ other_rule }, context) => texts.superseded(ruleName(other_rule, context)),
  },
  not_offered: {
    near: "nearly",
    meaning: "failed",
    step: "edit-rule",
    say: ({ missing }) => texts.not_offered[missing ?? "action"],
  },
  other_products: { near: "unrelated", meaning: "skipped", step: null, say: () => texts.other_products },
} satisfies Record<Is, Sense>;

/** What a verdict means. A verdict of a newer server is shown in the server's words. */
export function senseOf(is: Is): Sense {
  return Object.hasOwn(VERDICTS, is)
    ? VERDICTS[is]
    : { near: "nearly", meaning: "skipped", step: "edit-rule", say: ({ why }) => [name(why)] };
}

/** The verdict in words. */
export function wordsOf(verdict: Verdict, context: Context): Sentence {
  return senseOf(verdict.is).say(verdict, context);
}

/** The parts of a rule for which another rule acts, in words. */
export function leftOut(verdict: Verdict, context: Context): Sentence[] {
  return verdict.left_out.map(({ target, recipient, is, other_rule }) => {
    const part = target ? name(target) : texts.thePart;
    const rule = ruleName(other_rule, context);
    const why = is === "superseded" ? texts.leftOutOpposite(rule) : texts.leftOutSame(rule);
    return texts.leftOut(recipient ? texts.forRecipient(part, name(recipient)) : part, why);
  });
}

function ruleName(rule: string | null | undefined, { nameOf }: Context): Piece {
  const known = rule && nameOf(rule);
  return known ? name(known) : texts.unknownRule;
}

type Condition = NonNullable<Verdict["condition"]>;

/** The reason why a condition does not hold: "the coupon was SPRING, the rule wants VIP". */
function failed({ field, operator, expected, actual }: Condition, { currency }: Context): Sentence {
  const { was, wasMissing } = activity.conditions;
  const subject = subjectOf(field);
  const show = (value: unknown) => shown(field, value, currency);
  const wanted = wantedBy(operator, expected, show);
  return actual === null || actual === undefined
    ? wasMissing(subject, wanted)
    : was(subject, several(actual, show, "conjunction"), wanted);
}

function subjectOf(field: string): Piece {
  const { fields, customField } = activity.conditions;
  if (Object.hasOwn(fields, field)) return fields[field as keyof typeof fields];
  return field.startsWith("custom_field.") ? customField(field.slice("custom_field.".length)) : name(field);
}

type Show = (value: unknown) => Piece;

function wantedBy(operator: string, expected: unknown, show: Show): Sentence {
  const { operators } = activity.conditions;
  const value = several(expected, show, "disjunction");
  return Object.hasOwn(operators, operator)
    ? operators[operator as keyof typeof operators](value)
    : told`${name(operator)} ${value}`;
}

function several(value: unknown, show: Show, type: "conjunction" | "disjunction"): Sentence {
  return Array.isArray(value) ? listOf(value.map(show), type) : told`${show(value)}`;
}

/** A value of a condition; an amount with its currency. */
function shown(field: string, value: unknown, currency: string | null): Piece {
  const { yes, no } = activity.conditions;
  const { roles } = activity.facts;
  if (field === "amount" && typeof value === "number" && currency) return money(value, currency);
  if (field === "item_role" && typeof value === "string" && Object.hasOwn(roles, value)) {
    return roles[value as keyof typeof roles].toLowerCase() || "main product";
  }
  if (typeof value === "boolean") return value ? yes : no;
  return name(typeof value === "string" ? value : JSON.stringify(value));
}
