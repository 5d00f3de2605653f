/** The portal session of this page: its token, and where a new one comes from. */
import { endsSoon, isSameMarketplace, marketplaceOf } from "./token";

type Renew = () => Promise<string | null>;

const KEY = "console.token";
const TABS = new BroadcastChannel("console.session");
/** The time in milliseconds that another tab has to hand over its token. */
const TAB_PATIENCE = 300;
const TOKEN = /^#token=([\w.-]+)$/;

let token: string | null = null;
let renewal: Renew = () => Promise.resolve(null);
let isRenewable = false;
let pending: Promise<string | null> | null = null;
const listeners = new Set<() => void>();
let ended = false;
let accepted = false;

/**
 * Takes the token from the fragment of the address (`#token=…`), now and when another address is opened. A tab that was
 * opened without a token, by a link for example, takes that of another tab of the console.
 */
export async function startFromAddress(): Promise<void> {
  takeToken("#/");
  token = sessionStorage.getItem(KEY) ?? (await tokenOfAnotherTab());
  if (token) sessionStorage.setItem(KEY, token);
  TABS.addEventListener("message", ({ data }) => {
    if (data === "token?" && token && !ended) TABS.postMessage({ token });
  });
  addEventListener("hashchange", ({ oldURL }) => {
    const before = token;
    if (!takeToken(new URL(oldURL).hash || "#/")) return;
    token = sessionStorage.getItem(KEY);
    // Nothing that was read from another marketplace stays.
    if (before === null || token === null || !isSameMarketplace(before, token)) location.replace(location.pathname);
    else setEnded(false);
  });
}

/** Null if no tab answers, or if tabs show different marketplaces. */
function tokenOfAnotherTab(): Promise<string | null> {
  return new Promise((resolve) => {
    const tokens: string[] = [];
    const take = ({ data }: MessageEvent) => void (typeof data?.token === "string" && tokens.push(data.token));
    TABS.addEventListener("message", take);
    TABS.postMessage("token?");
    setTimeout(() => {
      TABS.removeEventListener("message", take);
      const [first = null] = tokens;
      resolve(first && tokens.every((other) => isSameMarketplace(first, other)) ? first : null);
    }, TAB_PATIENCE);
  });
}

/** Moves a token from the address to the tab's storage, and shows another address. False if the address has none. */
function takeToken(next: string): boolean {
  const given = TOKEN.exec(location.hash)?.[1];
  if (!given) return false;
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", `${location.pathname}${location.search}${next}`);
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
    // An ended token is kept: a new one has to be of the same marketplace.
    token = next ?? token;
    pending = null;
    setEnded(next === null);
    return next;
  });
  return pending;
}

/** The token to use after the server refused one: the current one if it has replaced that one since, or a new one. */
export function tokenAfter(refused: string): Promise<string | null> {
  return token !== refused && !ended ? currentToken() : renewToken();
}

/** The marketplace of the session, also if it has ended. */
export function marketplace(): string | undefined {
  return token === null ? undefined : marketplaceOf(token);
}

function setEnded(now: boolean): void {
  if (ended === now) return;
  ended = now;
  for (const listener of listeners) listener();
}

/** `none` if the server has not accepted a token of this page, `ended` if it accepted one and accepts it no longer. */
export type SessionState = "open" | "none" | "ended";

export function sessionState(): SessionState {
  if (!ended) return "open";
  return accepted ? "ended" : "none";
}

/** Notes that the server accepted the token. */
export function accept(): void {
  accepted = true;
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
