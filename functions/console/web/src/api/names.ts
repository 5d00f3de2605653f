/** Names of rules, accounts, actions and triggers by their ids. */
import { useQuery } from "@tanstack/react-query";
import { appsQuery, everyRuleQuery, integrationsQuery, triggersQuery } from "./queries";
import type { Action, Integration } from "./types";

export type Names = {
  /** The label of an action in an app's manifest: Add Tag. */
  action: (app: string, action: string) => string;
  app: (app: string) => string;
  trigger: (trigger: string) => string;
  /** Null if the account is disconnected; undefined while that is not known. */
  account: (action: Pick<Action, "integration" | "integration_label">) => string | null | undefined;
  accounts: readonly Integration[] | undefined;
};

export function useNames(): Names {
  const { data: apps } = useQuery(appsQuery);
  const { data: accounts } = useQuery(integrationsQuery);
  const { data: triggers } = useQuery(triggersQuery);
  const appOf = (key: string) => apps?.find(({ app }) => app === key);
  return {
    action: (app, key) => appOf(app)?.manifest.actions.find((action) => action.key === key)?.label ?? spelled(key),
    app: (app) => appOf(app)?.label ?? spelled(app),
    trigger: (key) => triggers?.find(({ trigger }) => trigger === key)?.label ?? spelled(key),
    account: ({ integration, integration_label }) =>
      integration_label ?? (accounts && (accounts.find(({ id }) => id === integration)?.label ?? null)),
    accounts,
  };
}

/** A rule's name; null if the rule is deleted, undefined while that is not known. */
export type RuleNames = (rule: string) => string | null | undefined;

export function useRuleNames(): RuleNames {
  const { data: rules } = useQuery(everyRuleQuery());
  const names = useNames();
  return (id) => {
    if (!rules) return undefined;
    const rule = rules.find((rule) => rule.id === id);
    return rule ? (rule.name ?? `${names.trigger(rule.trigger)} → ${names.action(rule.app, rule.action)}`) : null;
  };
}

/** A key as words: add_to_list becomes Add To List. */
function spelled(key: string): string {
  return key
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}
