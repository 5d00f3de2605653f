/**
 * What was entered and not saved, for as long as the page lives: a form that is left by Back, or because the session
 * ended, begins with it when it is opened again.
 */
import type { Draft } from "./draft";

const kept = new Map<string, Draft>();

/** The key of a form: an unsaved change belongs to the version that it changes. */
export function keyOf(rule: { id: string; etag: string } | null): string {
  return rule ? `${rule.id} ${rule.etag}` : "new";
}

export function keptDraft(key: string): Draft | undefined {
  return kept.get(key);
}

export function keepDraft(key: string, draft: Draft): void {
  kept.set(key, draft);
}

export function forgetDraft(key: string): void {
  kept.delete(key);
}
