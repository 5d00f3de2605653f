/** The bars of the chart: counts of actions by time and meaning, stacked. */
import { GROUPS } from "../activity/status";
import type { Summary } from "../api/types";
import type { Meaning } from "../ui/shape";

export type Part = { meaning: Meaning; count: number };
/** A part with its place in percent of the chart's height, from the top. */
export type Bar = { start: string; total: number; parts: (Part & { top: number; height: number })[] };

/** From the bottom of a bar to its top. */
const STACK: readonly Meaning[] = ["done", "skipped", "waiting", "needs", "failed"];
/** A part of this height in percent can still be seen. */
const LEAST = 1.5;

/** The counts by meaning, in the order of the stack; meanings without actions are left out. */
export function partsOf(statuses: Summary["statuses"]): Part[] {
  const parts = STACK.map((meaning) => {
    const group = GROUPS.find((group) => group.meaning === meaning);
    return { meaning, count: sum((group?.statuses ?? []).map((status) => statuses[status] ?? 0)) };
  });
  return parts.filter(({ count }) => count > 0);
}

export function barsOf(buckets: Summary["buckets"]): { bars: Bar[]; top: number } {
  const stacks = buckets.map(({ start, statuses }) => ({ start, parts: partsOf(statuses) }));
  const top = niceAbove(Math.max(0, ...stacks.map(({ parts }) => sum(parts.map(({ count }) => count)))));
  const bars = stacks.map(({ start, parts }) => {
    let base = 100;
    const placed = parts.map((part) => {
      const height = Math.max((part.count / top) * 100, LEAST);
      base = Math.max(base - height, 0);
      return { ...part, height, top: base };
    });
    return { start, total: sum(parts.map(({ count }) => count)), parts: placed };
  });
  return { bars, top };
}

/** The next of 2, 4, 6, 8, 10, 20, 30, 40, 60, … so that half of it is a whole number. */
export function niceAbove(most: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of [2, 3, 4, 6, 8, 10]) {
      const top = step * power;
      if (top >= most && top % 2 === 0) return top;
    }
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
