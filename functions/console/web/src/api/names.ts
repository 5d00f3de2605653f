/** Names of actions, apps, triggers and rules. Those of accounts and most rules come with what belongs to them. */
import { useQuery } from "@tanstack/react-query";
import { appsQuery, everyRuleQuery, triggersQuery } from "./queries";
import type { Action } from "./types";
import { spelled, unnamed } from "./unnamed";

export type Names = {
  /** The label of an action in an app's manifest: Add Tag. */
  action: (app: string, action: string) => string;
  app: (app: string) => string;
  trigger: (trigger: string) => string;
};

export function useNames(): Names {
  const { data: apps } = useQuery(appsQuery);
  const { data: triggers } = useQuery(triggersQuery);
  const appOf = (key: string) => apps?.find(({ app }) => app === key);
  return {
    action: (app, key) => appOf(app)?.manifest.actions.find((action) => action.key === key)?.label ?? spelled(key),
    app: (app) => appOf(app)?.label ?? spelled(app),
    trigger: (key) => triggers?.find(({ trigger }) => trigger === key)?.label ?? spelled(key),
  };
}

/** A rule's name; null if the rule is deleted, undefined while that is not known. */
export type RuleNames = (rule: string) => string | null | undefined;

/** The names of the rules, or of those that use an account. */
export function useRuleNames({ enabled = true, account }: { enabled?: boolean; account?: string } = {}): RuleNames {
  const { data: rules } = useQuery({ ...everyRuleQuery(account), enabled });
  const { data: apps } = useQuery(appsQuery);
  return (id) => {
    if (!rules) return undefined;
    const rule = rules.find((rule) => rule.id === id);
    return rule ? (rule.name ?? unnamed(rule, apps?.find(({ app }) => app === rule.app)?.manifest)) : null;
  };
}

/** The name of an action's rule. */
export function useRuleName({ rule, rule_name = null }: Pick<Action, "rule" | "rule_name">): ReturnType<RuleNames> {
  const nameOf = useRuleNames({ enabled: rule_name === null });
  return rule_name ?? nameOf(rule);
}
