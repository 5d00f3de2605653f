/** How a page stays up to date while it is open. The query cache stops these reads while the tab is hidden. */
import { useEffect, useRef, useState } from "react";
import type { Action, Event } from "../api/types";
import { isOpen } from "./status";

const SOON = 5_000;
const LATER = 20_000;
/** A list with more pages than this is read less often: each page is a request. */
const MOST_PAGES = 3;

const EXPECTED_FOR = 60_000;

let expectedUntil = 0;

/** Reads soon for a minute: an action that was sent again has its old status until it runs. */
export function expectChanges(): void {
  expectedUntil = Date.now() + EXPECTED_FOR;
}

/** The time in milliseconds until the next read. */
export function pollEvery(waits: boolean, pages = 1): number {
  const every = waits || Date.now() < expectedUntil ? SOON : LATER;
  return pages > MOST_PAGES ? every * pages : every;
}

/** Whether an event is still being worked on. */
export function isMoving(event: Event): boolean {
  return event.not_started.length > 0 || event.actions.some(({ status }) => isOpen(status));
}

/** What has changed among actions since the last read: those with another status, and new ones. */
export function changesOf(before: ReadonlyMap<string, string>, actions: readonly Action[]): Action[] {
  return actions.filter(({ id, status }) => before.get(id) !== status);
}

/** The words of the newest change, for a live region. The first read announces nothing. */
export function useAnnouncement(actions: readonly Action[] | undefined, say: (changed: Action[]) => string): string {
  const before = useRef<Map<string, string> | null>(null);
  const [words, setWords] = useState("");
  useEffect(() => {
    if (!actions) return;
    const changed = before.current ? changesOf(before.current, actions) : [];
    before.current = new Map([...(before.current ?? []), ...actions.map(({ id, status }) => [id, status] as const)]);
    if (changed.length > 0) setWords(say(changed));
  }, [actions, say]);
  return words;
}
