/** What a merchant searches for, by its form. */
import { accountPage, actionPage, eventPage, rulePage } from "../pages";

export type Search =
  | { kind: "none" }
  | { kind: "buyer"; email: string }
  | { kind: "event"; id: string }
  | { kind: "action"; id: string }
  | { kind: "rule"; id: string }
  | { kind: "integration"; id: string }
  | { kind: "text"; text: string };

const PREFIXES = { evt_: "event", job_: "action", rul_: "rule", int_: "integration" } as const;

/** Reads the search box: an address is a buyer, an id of the engine is its object, anything else an order or a text. */
export function searchOf(typed: string): Search {
  const text = typed.trim();
  if (!text) return { kind: "none" };
  if (/^[^@\s]+@[^@\s]+$/.test(text)) return { kind: "buyer", email: text };
  for (const [prefix, kind] of Object.entries(PREFIXES)) {
    if (text.startsWith(prefix) && /^[A-Za-z0-9_]+$/.test(text)) return { kind, id: text };
  }
  return { kind: "text", text };
}

/** Where the object of a search is shown, if it has a page of its own. */
export function pageOf(search: Search): string | null {
  switch (search.kind) {
    case "event":
      return eventPage(search.id);
    case "action":
      return actionPage(search.id);
    case "rule":
      return rulePage(search.id);
    case "integration":
      return accountPage(search.id);
    case "buyer":
    case "text":
    case "none":
      return null;
  }
}
