/**
 * Rules that are being deleted. The request is sent when the time to undo is over, or when the page is left before: until
 * then nothing is lost, neither the rule's id nor its waiting actions.
 */
import { useSyncExternalStore } from "react";
import { messageOf } from "../api/problem";
import { common, rules as text } from "../text";
import { toasts } from "../ui/toast";
import { changeMany, type Versioned } from "./bulk";

const TIME_TO_UNDO = 10_000;

type Deletion = { rules: readonly Versioned[]; toast: string; timer: ReturnType<typeof setTimeout>; done: Done };
type Done = () => Promise<unknown>;

const deletions = new Set<Deletion>();
const started = new WeakSet<Deletion>();
const listeners = new Set<() => void>();
let hidden: ReadonlySet<string> = new Set();

function changed(): void {
  hidden = new Set([...deletions].flatMap(({ rules }) => rules.map(({ id }) => id)));
  for (const listener of listeners) listener();
}

/** The ids of the rules that lists do not show any more. */
export function useDeleted(): ReadonlySet<string> {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => hidden,
  );
}

/** Deletes rules after the time to undo. `done` reads the lists again. */
export function deleteRules(rules: readonly Versioned[], done: Done): void {
  const toast = toasts.add({
    title: text.changes.deleted(rules.length),
    description: text.changes.deletedHelp,
    timeout: 0,
    actionProps: { children: common.undo, onClick: () => undo(deletion) },
    onClose: () => void perform(deletion),
  });
  const timer = setTimeout(() => void perform(deletion), TIME_TO_UNDO);
  const deletion: Deletion = { rules, toast, timer, done };
  deletions.add(deletion);
  changed();
}

function undo(deletion: Deletion): void {
  clearTimeout(deletion.timer);
  deletions.delete(deletion);
  changed();
  toasts.close(deletion.toast);
}

async function perform(deletion: Deletion, keepalive = false): Promise<void> {
  if (!deletions.has(deletion) || started.has(deletion)) return;
  started.add(deletion);
  clearTimeout(deletion.timer);
  toasts.close(deletion.toast);
  const problems = await send(deletion.rules, keepalive);
  await deletion.done();
  deletions.delete(deletion);
  changed();
  if (problems.length > 0) toasts.add({ title: text.changes.notDeleted, description: problems.join(" ") });
}

/** Why rules were not deleted. */
async function send(rules: readonly Versioned[], keepalive: boolean): Promise<string[]> {
  try {
    const results = await changeMany("delete", rules, { keepalive });
    return results.flatMap(({ problem }) => (problem ? [problem.detail ?? problem.title] : []));
  } catch (error) {
    return [messageOf(error)];
  }
}

addEventListener("pagehide", () => {
  for (const deletion of deletions) void perform(deletion, true);
});
