/** The meaning of an action's status, and its next step. */
import type { Action, Status } from "../api/types";
import { activity } from "../text";
import type { Meaning } from "../ui/shape";

/** A way out of a status, each with its own button. */
export type Step = "retry" | "cancel" | "reconnect" | "edit-rule" | "see-account" | "replay" | "see-buyer";

type Sense = {
  /** The word of the badge. */
  word: string;
  meaning: Meaning;
  /** What the status means, and what happens next. */
  explain: string;
  /** The ways out; the first is the main one. */
  steps: readonly Step[];
};

const words = activity.statuses;

export const STATUSES = {
  performed: { ...words.performed, meaning: "done", steps: ["replay"] },
  already_so: { ...words.already_so, meaning: "done", steps: ["replay"] },
  duplicate: { ...words.duplicate, meaning: "skipped", steps: ["see-buyer"] },
  superseded: { ...words.superseded, meaning: "skipped", steps: ["see-buyer"] },
  retrying: { ...words.retrying, meaning: "waiting", steps: ["retry", "cancel"] },
  rate_limited: { ...words.rate_limited, meaning: "waiting", steps: ["retry", "cancel"] },
  held: { ...words.held, meaning: "needs", steps: ["reconnect", "cancel"] },
  rejected: { ...words.rejected, meaning: "failed", steps: ["edit-rule", "retry"] },
  exhausted: { ...words.exhausted, meaning: "failed", steps: ["retry", "edit-rule"] },
  canceled: { ...words.canceled, meaning: "skipped", steps: ["retry"] },
} satisfies Record<Status, Sense>;

/** What a status means for a merchant. A status of a newer server is shown as it is. */
export function senseOf(status: Status): Sense {
  return Object.hasOwn(STATUSES, status)
    ? STATUSES[status]
    : { word: status, meaning: "skipped", explain: "", steps: [] };
}

/** The word for an attempt that ended with a status: what waits now did not work then. */
export function attemptWord(status: Status): string {
  const words: Partial<Record<Status, string>> = activity.attempts;
  return words[status] ?? senseOf(status).word;
}

/** Whether a status can still change without anybody's doing. */
export function isOpen(status: Status): boolean {
  return senseOf(status).meaning === "waiting";
}

type Fix = NonNullable<Action["fix"]>;

/** Where a merchant makes the change that an action needs. No page of the console changes a buyer's data. */
const FIXES = { rule: "edit-rule", account: "see-account", contact: null } satisfies Record<Fix, Step | null>;

/** The step to the change that an action needs. If the change is not known, the rule is looked at first. */
export function stepToFix(fix: Action["fix"]): Step | null {
  return fix && Object.hasOwn(FIXES, fix) ? FIXES[fix] : "edit-rule";
}

/** The ways out of an action. A test is neither retried nor replayed: the merchant tries the rule again. */
export function stepsOf({ status, test, fix }: Pick<Action, "status" | "test" | "fix">): readonly Step[] {
  return senseOf(status).steps.flatMap((step) => {
    if (step === "edit-rule") return stepToFix(fix) ?? [];
    return test && (step === "retry" || step === "replay") ? [] : step;
  });
}

/** The statuses by meaning, in the order in which the log offers them. */
export const GROUPS: readonly { meaning: Meaning; label: string; statuses: readonly Status[] }[] = (
  ["needs", "waiting", "failed", "done", "skipped"] as const
).map((meaning) => ({
  meaning,
  label: activity.groups[meaning],
  statuses: (Object.keys(STATUSES) as Status[]).filter((status) => STATUSES[status].meaning === meaning),
}));

/** The statuses of a filter such as `rejected,exhausted`; names that are no status are left out. */
export function parseStatuses(text: string): Status[] {
  return text.split(",").filter((name): name is Status => Object.hasOwn(STATUSES, name));
}
