/** A rule part by part, for reading and for comparing two versions. */
import type { ManifestAction } from "../api/types";
import { rules as text } from "../text";
import type { Catalog } from "./draft";
import { accountLabel, conditionTexts, type Worded } from "./wording";

export type RulePart = { part: keyof typeof text.conflict.parts; label: string; value: string };

type Whole = Worded & { name?: string | null; use_gift_recipient?: boolean; enabled?: boolean };

export function partsOf(rule: Whole, catalog: Catalog): RulePart[] {
  const { parts, none } = text.conflict;
  const integration = catalog.integrations.get(rule.integration);
  const manifest = catalog.apps.get(integration?.app ?? rule.app ?? "")?.manifest;
  const action = manifest?.actions.find(({ key }) => key === rule.action);
  const settings = settingTexts(action, rule.settings, rule.labels);
  const products =
    rule.scope.kind === "global"
      ? text.form.globalHelp
      : rule.scope.products.map((product) => rule.names?.products?.[product] ?? product).join(", ");
  const account = accountLabel(rule, catalog) ?? text.disconnectedAccount;
  const rows: [keyof typeof parts, string][] = [
    ["scope", products],
    ["action", `${action?.label ?? rule.action} ${text.sentence.account} ${account}`],
    ["settings", settings.sort().join(" · ") || none],
    ["trigger", catalog.triggers.get(rule.trigger)?.label ?? rule.trigger],
    ["conditions", conditionTexts(rule.conditions ?? []).join(` ${text.sentence.and} `) || none],
    ["gift", turned(rule.use_gift_recipient)],
    ["name", rule.name || none],
    ["enabled", turned(rule.enabled)],
  ];
  return rows.map(([part, value]) => ({ part, label: parts[part], value }));
}

/** The settings of an action: List: Demo customers. */
export function settingTexts(
  action: ManifestAction | undefined,
  settings: Worded["settings"],
  labels: Worded["labels"],
): string[] {
  return Object.entries(settings).map(([key, value]) => {
    const label = action?.settings.find((setting) => setting.key === key)?.label ?? key;
    const values = [value].flat().map((one) => (typeof one === "boolean" ? turned(one) : (labels[one] ?? one)));
    return `${label}: ${values.join(", ")}`;
  });
}

const turned = (is: boolean | undefined) => (is ? text.conflict.on : text.conflict.off);

/** The parts in which two versions of a rule differ. */
export function differences(saved: Whole, mine: Whole, catalog: Catalog) {
  const own = partsOf(mine, catalog);
  return partsOf(saved, catalog).flatMap(({ label, value }, index) => {
    const other = own[index]?.value ?? "";
    return other === value ? [] : [{ label, saved: value, mine: other }];
  });
}
