/** The filters of a list of rules. The server applies some of them, the rest are applied here. */
import type { Rule } from "../api/types";
import type { Catalog } from "./draft";
import type { ServerFilter } from "./queries";
import { plainSentence } from "./wording";

export type Filter = { text: string; app: string; integration: string; enabled: string };

/** What the place of a list fixes. */
export type Fixed = {
  integration?: string | undefined;
  product?: string | undefined;
  scope?: "global" | "products" | undefined;
};

export function serverFilter(filter: Filter, fixed: Fixed): ServerFilter {
  const integration = fixed.integration || filter.integration;
  return {
    ...(integration ? { integration } : {}),
    ...(fixed.product ? { product: fixed.product, include_global: true } : {}),
    ...(fixed.scope ? { scope: fixed.scope } : {}),
    ...(filter.enabled ? { enabled: filter.enabled === "on" } : {}),
  };
}

/** Whether a rule has the app and the text: in its name, its sentence or its id. */
export function matches(rule: Rule, filter: Filter, catalog: Catalog): boolean {
  if (filter.app && rule.app !== filter.app) return false;
  const wanted = filter.text.trim().toLowerCase();
  if (!wanted) return true;
  return `${rule.name ?? ""} ${plainSentence(rule, catalog)} ${rule.id}`.toLowerCase().includes(wanted);
}

export function isFiltered(filter: Filter): boolean {
  return Object.values(filter).some((value) => value !== "");
}
