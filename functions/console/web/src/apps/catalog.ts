/** The apps with their connected accounts, as the Apps page lists them. */
import type { CatalogApp } from "../api/queries";
import type { Category, Integration } from "../api/types";
import { apps as text } from "../text";
import { stateOf } from "./account-state";

export type Entry = { app: CatalogApp; accounts: Integration[] };

export const CATEGORIES = Object.keys(text.categories) as Category[];

export function entries(apps: readonly CatalogApp[], accounts: readonly Integration[]): Entry[] {
  return apps.map((app) => ({
    app,
    accounts: accounts.filter((account) => account.app === app.app),
  }));
}

/** Whether each word of the search begins a word of the texts. */
function isFound(search: string, ...texts: (string | null | undefined)[]): boolean {
  const words = ` ${texts.join(" ").toLocaleLowerCase()}`;
  return search
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => words.includes(` ${word}`));
}

/** The apps that a search finds, by their own words and by their accounts'. */
export function searchApps(all: readonly Entry[], search: string): Entry[] {
  return all.filter(({ app, accounts }) =>
    isFound(
      search,
      app.label,
      app.description,
      text.categories[app.category],
      ...accounts.flatMap(({ label, account }) => [label, account]),
    ),
  );
}

export type Account = { account: Integration; app: CatalogApp | undefined };

/** The accounts that a search finds: those that need the merchant first, longest first, then by label. */
export function searchAccounts(
  apps: readonly CatalogApp[],
  accounts: readonly Integration[],
  search: string,
  now: number,
): Account[] {
  const byKey = new Map<string, CatalogApp>(apps.map((app) => [app.app, app]));
  const order = { reconnect: 0, paused: 1, connected: 2 };
  return accounts
    .map((account) => ({ account, app: byKey.get(account.app) }))
    .filter(({ account, app }) => isFound(search, account.label, account.account, account.address, app?.label))
    .sort((a, b) => {
      const rank = order[stateOf(a.account, now)] - order[stateOf(b.account, now)];
      const since = (a.account.since ?? "").localeCompare(b.account.since ?? "");
      return rank || since || a.account.label.localeCompare(b.account.label);
    });
}
