/**
 * Rules that are being deleted. They are switched off at once, so that no event fires them any more. The request that
 * deletes them is sent when the message that offers to undo closes, or when the page is left before: until then neither the
 * rule's id nor its waiting actions are lost.
 */
import { useSyncExternalStore } from "react";
import { messageOf } from "../api/problem";
import { common, rules as text } from "../text";
import { toasts } from "../ui/toast";
import { type Change, changeMany, type Versioned } from "./bulk";

export type Deletable = Versioned & { enabled: boolean };

/** The milliseconds that the message is shown. They do not pass while the pointer or the focus is on it. */
const TIME_TO_UNDO = 10_000;

type Deletion = {
  rules: readonly Deletable[];
  off: Promise<Versions>;
  toast: string;
  done: Done;
};
type Done = () => Promise<unknown>;
/** The version of each rule that was switched off. */
type Versions = ReadonlyMap<string, string>;

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
export function deleteRules(rules: readonly Deletable[], done: Done): void {
  const toast = toasts.add({
    title: text.changes.deleted(rules.length),
    description: text.changes.deletedHelp,
    timeout: TIME_TO_UNDO,
    actionProps: { children: common.undo, onClick: () => undo(deletion) },
    onClose: () => void perform(deletion),
  });
  const deletion: Deletion = { rules, off: switchOff(rules), toast, done };
  deletions.add(deletion);
  changed();
}

/** Switches the enabled rules off. A rule that cannot be switched off keeps its version, and says so when it is deleted. */
async function switchOff(rules: readonly Deletable[]): Promise<Versions> {
  const enabled = rules.filter((rule) => rule.enabled);
  if (enabled.length === 0) return new Map();
  const results = await changeMany("disable", enabled).catch(() => []);
  return new Map(results.flatMap(({ rule, etag }) => (etag ? [[rule, etag] as const] : [])));
}

function undo(deletion: Deletion): void {
  deletions.delete(deletion);
  changed();
  toasts.close(deletion.toast);
  void deletion.off.then(async (versions) => {
    const rules = [...versions].map(([id, etag]) => ({ id, etag }));
    const problems = rules.length > 0 ? await send("enable", rules) : [];
    await deletion.done();
    if (problems.length > 0) toasts.add({ title: text.changes.notChanged, description: problems.join(" ") });
  });
}

async function perform(deletion: Deletion, keepalive = false): Promise<void> {
  if (!deletions.has(deletion) || started.has(deletion)) return;
  started.add(deletion);
  toasts.close(deletion.toast);
  const versions = await deletion.off;
  const rules = deletion.rules.map(({ id, etag }) => ({ id, etag: versions.get(id) ?? etag }));
  const problems = await send("delete", rules, keepalive);
  await deletion.done();
  deletions.delete(deletion);
  changed();
  if (problems.length > 0) toasts.add({ title: text.changes.notDeleted, description: problems.join(" ") });
}

/** Why rules were not changed. */
async function send(change: Change, rules: readonly Versioned[], keepalive = false): Promise<string[]> {
  try {
    const results = await changeMany(change, rules, { keepalive });
    return results.flatMap(({ problem }) => (problem ? [problem.detail ?? problem.title] : []));
  } catch (error) {
    return [messageOf(error)];
  }
}

addEventListener("pagehide", () => {
  for (const deletion of deletions) void perform(deletion, true);
});
