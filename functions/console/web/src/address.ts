/**
 * The address of a view, kept in the fragment (`#/activity?q=…`): the fragment is not sent to a server, so no access log
 * has a buyer's address. Every view, filter and open item has an address, so that Back, reload and a shared link work.
 */
import { useSyncExternalStore } from "react";
import { useSearchParams } from "wouter";
import { entry } from "./overlays";

const CHANGED = "console:address";

function subscribe(listener: () => void): () => void {
  const events = ["hashchange", "popstate", CHANGED];
  for (const event of events) addEventListener(event, listener);
  return () => {
    for (const event of events) removeEventListener(event, listener);
  };
}

let shown: [path: string, query: string] = ["/", ""];

/** The path and the query. An address with a token is no view: it is replaced when the session has taken the token. */
function parts(): [path: string, query: string] {
  if (location.hash.startsWith("#token=")) return shown;
  const [path = "", query = ""] = location.hash.slice(1).split("?", 2);
  shown = [path || "/", query];
  return shown;
}

function here(): string {
  const [path, query] = parts();
  return query ? `${path}?${query}` : path;
}

function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  const isOtherPage = parts()[0] !== to.split("?")[0];
  const { from, depth = 0 } = entry();
  if (replace) history.replaceState({ from }, "", `#${to}`);
  // The entry of an overlay becomes that of the page to which the overlay leads.
  else if (depth > 0) history.replaceState({ from: here() }, "", `#${to}`);
  else history.pushState({ from: here() }, "", `#${to}`);
  if (isOtherPage) scrollTo(0, 0);
  dispatchEvent(new Event(CHANGED));
}

/** Closes what has an address: goes back to the address below it, or replaces its own if it was opened by a link. */
export function leaveTo(below: string): void {
  const { from, depth = 0 } = entry();
  if (from === below) history.go(-1 - depth);
  else navigate(below, { replace: true });
}

function usePath(): [string, typeof navigate] {
  return [useSyncExternalStore(subscribe, () => parts()[0]), navigate];
}
usePath.hrefs = (href: string) => `#${href}`;

function useQuery(): string {
  return useSyncExternalStore(subscribe, () => parts()[1]);
}

/** What wouter's `Router` needs. */
export const fragment = { hook: usePath, searchHook: useQuery };

/** The address with another value of a parameter. */
function withParameter(name: string, value: string): string {
  const [path, query] = parts();
  const next = new URLSearchParams(query);
  if (value) next.set(name, value);
  else next.delete(name);
  return next.size > 0 ? `${path}?${next}` : path;
}

/** One parameter of the address's query, and a function that changes it. */
export function useParameter(name: string): [string, (value: string) => void] {
  const [parameters] = useSearchParams();
  return [parameters.get(name) ?? "", (value) => navigate(withParameter(name, value), { replace: true })];
}

/** A parameter that opens an overlay, which Back closes. */
export function useOverlay(name: string): [string, (value: string) => void] {
  const [parameters] = useSearchParams();
  const change = (value: string) => {
    const to = withParameter(name, value);
    if (value) navigate(to);
    else leaveTo(to);
  };
  return [parameters.get(name) ?? "", change];
}
