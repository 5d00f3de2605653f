/**
 * What was entered and not saved. It is in the tab's storage, so that a form begins with it after Back, a reload or the
 * end of a session. A rule has no credentials in it.
 */
import { marketplace } from "../api/session";
import { emptyCondition } from "./condition";
import { type Draft, emptyDraft } from "./draft";

/** Drafts that another version of the console stored are not read. */
const PREFIX = "console.draft.1";

/** For browsers that permit no storage in a frame. */
const kept = new Map<string, string>();

/** The key of a form: an unsaved change belongs to the version that it changes. */
export function keyOf(rule: { id: string; etag: string } | null): string {
  return rule ? `${rule.id} ${rule.etag}` : "new";
}

export function keptDraft(key: string): Draft | undefined {
  const name = nameOf(key);
  return readDraft(kept.get(name) ?? attempt((storage) => storage.getItem(name)) ?? "");
}

export function keepDraft(key: string, draft: Draft): void {
  const name = nameOf(key);
  const text = JSON.stringify(draft);
  kept.set(name, text);
  attempt((storage) => storage.setItem(name, text));
}

export function forgetDraft(key: string): void {
  const name = nameOf(key);
  kept.delete(name);
  attempt((storage) => storage.removeItem(name));
}

function nameOf(key: string): string {
  return `${PREFIX} ${marketplace() ?? ""} ${key}`;
}

/** Uses the tab's storage, which can be forbidden or full. */
function attempt<T>(use: (storage: Storage) => T): T | undefined {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}

const EMPTY: Record<string, unknown> = emptyDraft(
  {},
  { apps: new Map(), triggers: new Map(), integrations: new Map() },
);

/** A draft that was stored; undefined if the text is none. */
export function readDraft(text: string): Draft | undefined {
  try {
    const draft = JSON.parse(text);
    const isDraft = Object.entries(EMPTY).every(([name, value]) => kindOf(draft[name]) === kindOf(value));
    if (!isDraft) return undefined;
    // The keys of conditions are unique on a page.
    const conditions = draft.conditions.map((condition: object) => ({ ...condition, key: emptyCondition().key }));
    return { ...draft, conditions };
  } catch {
    return undefined;
  }
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "list" : typeof value;
}
