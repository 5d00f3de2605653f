/**
 * The address of a view, kept in the fragment (`#/activity?q=…`): the fragment is not sent to a server, so no access log
 * has a buyer's address. Every view, filter and open item has an address, so that Back, reload and a shared link work.
 */
import { useSyncExternalStore } from "react";
import { useSearchParams } from "wouter";

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

function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  const isOtherPage = parts()[0] !== to.split("?")[0];
  if (replace) history.replaceState(null, "", `#${to}`);
  else history.pushState(null, "", `#${to}`);
  if (isOtherPage) scrollTo(0, 0);
  dispatchEvent(new Event(CHANGED));
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

/** One parameter of the address's query, and a function that changes it. */
export function useParameter(name: string): [string, (value: string) => void] {
  const [parameters] = useSearchParams();
  const change = (value: string) => {
    const [path, query] = parts();
    const next = new URLSearchParams(query);
    if (value) next.set(name, value);
    else next.delete(name);
    navigate(next.size > 0 ? `${path}?${next}` : path, { replace: true });
  };
  return [parameters.get(name) ?? "", change];
}
