/** The portal session of this page: its token, and where a new one comes from. */
import { endsSoon } from "./token";

type Renew = () => Promise<string | null>;

const KEY = "console.token";

let token: string | null = null;
let renewal: Renew = () => Promise.resolve(null);
let isRenewable = false;
let pending: Promise<string | null> | null = null;
const listeners = new Set<() => void>();
let ended = false;

/** Takes the token from the fragment of the address (`#token=…`), now and when another address is opened. */
export function startFromAddress(): void {
  takeToken();
  token = sessionStorage.getItem(KEY);
  addEventListener("hashchange", () => {
    // A new session may be of another marketplace, so nothing that was read stays.
    if (takeToken()) location.reload();
  });
}

/** Moves a token from the address to the tab's storage. False if the address has none. */
function takeToken(): boolean {
  const given = /^#token=([\w.-]+)$/.exec(location.hash)?.[1];
  if (!given) return false;
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", `${location.pathname}${location.search}#/`);
  return true;
}

/** Takes tokens from the page that surrounds this one. They are not stored. */
export function startFromHost(renew: Renew): void {
  renewal = renew;
  isRenewable = true;
}

/** The token of the session; asks the host page for one if there is none, or if it ends soon. */
export async function currentToken(): Promise<string | null> {
  const isUsable = token !== null && !(isRenewable && endsSoon(token, Date.now()));
  return isUsable ? token : renewToken();
}

/** Requests another token, once for all callers that wait for it. Null if there is no host page that has one. */
export function renewToken(): Promise<string | null> {
  pending ??= renewal().then((next) => {
    token = next;
    pending = null;
    setEnded(next === null);
    return next;
  });
  return pending;
}

function setEnded(now: boolean): void {
  if (ended === now) return;
  ended = now;
  for (const listener of listeners) listener();
}

export function hasEnded(): boolean {
  return ended;
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
