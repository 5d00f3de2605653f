/** The rules of a marketplace by how many of their requirements an event met. */
import type { EventRow, Explanation, Verdict } from "../api/types";
import { plain, type Sentence } from "../format/told";
import { activity } from "../text";
import type { Meaning } from "../ui/shape";
import { type Context, leftOut, type Nearness, type RuleStep, senseOf, wordsOf } from "./verdict";

/** One thing that is said about a rule, for all lines of the order to which it applies. */
export type Reading = {
  words: Sentence;
  meaning: Meaning;
  step: RuleStep;
  otherRule: string | null;
  /** The order lines; empty if it is said about the whole event. */
  lines: string[];
  actions: string[];
  leftOut: Sentence[];
};

export type RuleReading = { rule: string; trigger: string; near: Nearness; readings: Reading[] };

const ORDER: Record<Nearness, number> = { fired: 0, waiting: 1, nearly: 2, unrelated: 3 };

/** Groups the verdicts by rule. A rule is in the group of the line for which it came nearest; other lines that it does not concern are left out. */
export function readRules(explanation: Explanation, timer: EventRow["timer"], context: Context): RuleReading[] {
  const byRule = new Map<string, Verdict[]>();
  for (const verdict of [...explanation.read, ...explanation.unread]) {
    const own = byRule.get(verdict.rule);
    if (own) own.push(verdict);
    else byRule.set(verdict.rule, [verdict]);
  }
  const judged = [...byRule].map(([rule, verdicts]) => readRule(rule, verdicts, context));
  const silent = explanation.silent
    .filter(({ rule }) => !byRule.has(rule))
    .map(({ rule, trigger }) => readSilent(rule, trigger, timer));
  return [...judged, ...silent].sort((a, b) => ORDER[a.near] - ORDER[b.near]);
}

function readRule(rule: string, verdicts: Verdict[], context: Context): RuleReading {
  const near = verdicts
    .map(({ is }) => senseOf(is).near)
    .reduce((best, next) => (ORDER[next] < ORDER[best] ? next : best), "unrelated" as Nearness);
  const readings = new Map<string, Reading>();
  for (const verdict of verdicts) {
    const sense = senseOf(verdict.is);
    if (sense.near === "unrelated" && near !== "unrelated") continue;
    const words = wordsOf(verdict, context);
    const parts = leftOut(verdict, context);
    const key = [words, ...parts].map(plain).join("\n");
    const same = readings.get(key);
    if (same) {
      if (verdict.line) same.lines.push(verdict.line);
      same.actions.push(...verdict.actions);
      continue;
    }
    readings.set(key, {
      words,
      meaning: sense.meaning,
      step: sense.step,
      otherRule: verdict.other_rule ?? null,
      lines: verdict.line ? [verdict.line] : [],
      actions: [...verdict.actions],
      leftOut: parts,
    });
  }
  return { rule, trigger: verdicts[0]?.trigger ?? "", near, readings: [...readings.values()] };
}

function readSilent(rule: string, trigger: string, timer: EventRow["timer"]): RuleReading {
  const { joined, bought, silent } = activity.verdicts;
  const waited = trigger === "prospect_created" ? timer?.state : undefined;
  const words = waited === "joined" ? joined : waited === "bought" ? bought : silent;
  const reading: Reading = {
    words,
    meaning: waited === "joined" ? "waiting" : "skipped",
    step: null,
    otherRule: null,
    lines: [],
    actions: [],
    leftOut: [],
  };
  return {
    rule,
    trigger,
    near: words === silent ? "unrelated" : words === joined ? "waiting" : "nearly",
    readings: [reading],
  };
}
