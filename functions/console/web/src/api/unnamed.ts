/** Words for what has no name of its own: a rule by what it does, a key that no manifest explains. */
import { rules as text } from "../text";
import type { Manifest, ManifestAction, Rule } from "./types";

/** A rule without a name is named by what it does: Add Tag VIP in Main audience. */
export function unnamed(rule: Rule, manifest: Manifest | undefined): string {
  const action = manifest?.actions.find(({ key }) => key === rule.action);
  const words = [action?.label ?? spelled(rule.action), targetOf(rule, action)].filter(Boolean).join(" ");
  const account = rule.names?.integration;
  return account ? text.inAccount(words, account) : words;
}

/** What a rule's action sets or removes, such as the names of tags; empty if it has no target. */
export function targetOf(rule: Pick<Rule, "settings" | "labels">, action: ManifestAction | undefined): string {
  const key = action?.effect?.target?.at(-1);
  const values = key === undefined ? undefined : rule.settings[key];
  if (values === undefined || typeof values === "boolean") return "";
  return [values]
    .flat()
    .map((one) => rule.labels[one] ?? one)
    .join(", ");
}

/** A key as words: add_to_list becomes Add To List. */
export function spelled(key: string): string {
  return key
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}
