/** Ids and times within a text of the server, so that a page can link and format them. */
import { clock } from "../format/time";
import { accountPage, actionPage, eventPage, rulePage } from "../pages";
import { activity } from "../text";

export type Token =
  | { is: "text"; text: string }
  | { is: "time"; at: string }
  | { is: "link"; kind: "event" | "action" | "rule" | "account"; page: string };

const PATTERN =
  /\b((?:evt|job|rul|int)_[A-Za-z0-9_]{1,100})\b|\b(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))/g;

const KINDS = {
  evt: { kind: "event", pageOf: eventPage },
  job: { kind: "action", pageOf: actionPage },
  rul: { kind: "rule", pageOf: rulePage },
  int: { kind: "account", pageOf: accountPage },
} as const;

/** Splits a message at its ids and times. */
export function tokens(message: string): Token[] {
  const found: Token[] = [];
  let end = 0;
  for (const match of message.matchAll(PATTERN)) {
    const [whole, id, at] = match;
    if (match.index > end) found.push({ is: "text", text: message.slice(end, match.index) });
    end = match.index + whole.length;
    if (at !== undefined) {
      found.push(Number.isNaN(Date.parse(at)) ? { is: "text", text: at } : { is: "time", at });
    } else if (id !== undefined) {
      const { kind, pageOf } = KINDS[id.slice(0, 3) as keyof typeof KINDS];
      found.push({ is: "link", kind, page: pageOf(id) });
    }
  }
  if (end < message.length) found.push({ is: "text", text: message.slice(end) });
  return found;
}

/** The message as one text, where it cannot have links. */
export function plainly(message: string): string {
  const pieces = tokens(message).map((token) => {
    if (token.is === "text") return token.text;
    return token.is === "time" ? clock(token.at) : activity.links[token.kind];
  });
  return pieces.join("");
}
