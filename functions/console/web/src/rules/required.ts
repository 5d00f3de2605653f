/** The rule that an action needs besides its own: a contact can be tagged only in a list that they are in. */
import type { ManifestAction, Rule, RuleBody } from "../api/types";

type Other = Pick<
  Rule,
  "id" | "enabled" | "integration" | "action" | "trigger" | "settings" | "scope" | "conditions" | "use_gift_recipient"
>;

type Given = {
  /** The id of the rule, if it was saved. */
  id: string | undefined;
  rule: RuleBody;
  action: ManifestAction;
  /** The actions of the app. */
  actions: readonly ManifestAction[];
  /** The rules of the account. */
  others: readonly Other[];
};

/** The rule that is missing; null if the action needs none, or if one exists. */
export function missingRule({ id, rule, action, actions, others }: Given): RuleBody | null {
  const required = actions.find(({ key }) => action.requires?.includes(key));
  if (!required || (required.triggers && !required.triggers.includes(rule.trigger))) return null;
  const given = rule.settings ?? {};
  const target = required.effect?.target ?? [];
  const settings = Object.fromEntries(
    target.flatMap((key) => (given[key] === undefined ? [] : [[key, given[key]] as const])),
  );
  const exists = others.some(
    (other) =>
      other.id !== id &&
      other.enabled &&
      other.integration === rule.integration &&
      other.action === required.key &&
      other.trigger === rule.trigger &&
      target.every((key) => other.settings[key] === settings[key]) &&
      other.use_gift_recipient === (rule.use_gift_recipient ?? false) &&
      covers(other.scope, rule.scope) &&
      (other.conditions.length === 0 || JSON.stringify(other.conditions) === JSON.stringify(rule.conditions ?? [])),
  );
  return exists ? null : { ...rule, name: null, action: required.key, settings, enabled: true };
}

function covers(scope: Rule["scope"], wanted: Rule["scope"]): boolean {
  if (scope.kind === "global") return true;
  return wanted.kind === "products" && wanted.products.every((product) => scope.products.includes(product));
}
