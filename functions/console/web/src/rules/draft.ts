/** A rule as the form edits it, and as the API reads it. */
import type { CatalogApp } from "../api/queries";
import type { Integration, Manifest, ManifestAction, Rule, RuleBody, Setting, Trigger } from "../api/types";
import { type ConditionDraft, conditionOf, currencyOfDrafts, digitsOf, draftsOf, type Incomplete } from "./condition";

export type Scope = "global" | "products";
export type Family = Trigger["family"];
export type SettingValue = string | boolean | string[];
type Settings = Record<string, SettingValue>;

export type Draft = {
  scope: Scope | "";
  products: { value: string; label: string }[];
  integration: string;
  /** The app of an account that was deleted. */
  app: string;
  action: string;
  /** The settings for each account, so that going back to an account finds them again. */
  settings: Record<string, Settings>;
  /** The labels of option values. */
  labels: Record<string, string>;
  family: Family | "";
  trigger: string;
  conditions: ConditionDraft[];
  useGiftRecipient: boolean;
  name: string;
  enabled: boolean;
};

/** What a draft refers to. */
export type Catalog = {
  apps: ReadonlyMap<string, CatalogApp>;
  triggers: ReadonlyMap<string, Trigger>;
  integrations: ReadonlyMap<string, Integration>;
};

export type Preset = { integration?: string; product?: { value: string; label: string }; scope?: Scope };

export function emptyDraft(preset: Preset, catalog: Catalog): Draft {
  const [only] = catalog.integrations.size === 1 ? catalog.integrations.keys() : [];
  const given = catalog.integrations.has(preset.integration ?? "") ? preset.integration : only;
  return {
    scope: preset.product ? "products" : (preset.scope ?? ""),
    products: preset.product ? [preset.product] : [],
    integration: given ?? "",
    app: "",
    action: "",
    settings: {},
    labels: {},
    family: "",
    trigger: "",
    conditions: [],
    useGiftRecipient: false,
    name: "",
    enabled: true,
  };
}

export function draftOf(rule: Rule): Draft {
  const products = rule.scope.kind === "products" ? rule.scope.products : [];
  return {
    scope: rule.scope.kind,
    products: products.map((value) => ({ value, label: rule.names?.products?.[value] ?? value })),
    integration: rule.integration,
    app: rule.app,
    action: rule.action,
    settings: { [rule.integration]: rule.settings },
    labels: rule.labels,
    family: "",
    trigger: rule.trigger,
    conditions: draftsOf(rule.conditions),
    useGiftRecipient: rule.use_gift_recipient,
    name: rule.name ?? "",
    enabled: rule.enabled,
  };
}

export function manifestOf(draft: Draft, catalog: Catalog): Manifest | undefined {
  return catalog.apps.get(catalog.integrations.get(draft.integration)?.app ?? draft.app)?.manifest;
}

export function actionOf(draft: Draft, catalog: Catalog): ManifestAction | undefined {
  return manifestOf(draft, catalog)?.actions.find(({ key }) => key === draft.action);
}

/** The triggers that the action offers, in the order of the API. */
export function triggersOf(draft: Draft, catalog: Catalog): Trigger[] {
  const offered = actionOf(draft, catalog)?.triggers ?? manifestOf(draft, catalog)?.triggers ?? [];
  return [...catalog.triggers.values()].filter(({ trigger }) => offered.includes(trigger));
}

export function familyOf(draft: Draft, catalog: Catalog): Family {
  return (
    draft.family ||
    (catalog.triggers.get(draft.trigger)?.family ?? triggersOf(draft, catalog)[0]?.family ?? "ecommerce")
  );
}

/** The value of a setting: as entered, else its default. */
export function settingOf(draft: Draft, setting: Setting): SettingValue | undefined {
  return draft.settings[draft.integration]?.[setting.key] ?? (setting.default as SettingValue | null) ?? undefined;
}

export function withSetting(draft: Draft, key: string, value: SettingValue): Draft {
  const settings = { ...draft.settings[draft.integration], [key]: value };
  return { ...draft, settings: { ...draft.settings, [draft.integration]: settings } };
}

/** The draft with another account. The settings of an account that was deleted are taken over, to be mended. */
export function withIntegration(draft: Draft, integration: string, catalog: Catalog): Draft {
  const kept = catalog.integrations.has(draft.integration) ? undefined : draft.settings[draft.integration];
  const offers = catalog.apps.get(catalog.integrations.get(integration)?.app ?? "")?.manifest.actions ?? [];
  return {
    ...draft,
    integration,
    action: offers.some(({ key }) => key === draft.action) ? draft.action : "",
    settings: kept && !draft.settings[integration] ? { ...draft.settings, [integration]: kept } : draft.settings,
  };
}

/** The trigger of most rules that add or grant something. */
const USUAL: Rule["trigger"] = "product_purchased";

/** The draft with another action. An action that adds something begins with the usual trigger. */
export function withAction(draft: Draft, action: string, catalog: Catalog): Draft {
  const next = { ...draft, action };
  const adds = actionOf(next, catalog)?.effect?.desired === "on";
  const isOffered = triggersOf(next, catalog).some(({ trigger }) => trigger === USUAL);
  return draft.trigger === "" && draft.family !== "courses" && adds && isOffered ? { ...next, trigger: USUAL } : next;
}

const isEmpty = (value: SettingValue | undefined) =>
  value === undefined || (typeof value !== "boolean" && value.length === 0);

/** The most characters of a rule's name. */
export const LONGEST_NAME = 100;

/** Why a field has to be filled, or changed. */
export type Missing =
  | { field: "scope" | "products" | "integration" | "action" | "trigger" | "name" }
  | { field: "setting"; setting: Setting }
  | { field: "condition"; index: number; reason: Incomplete };

/** What the draft still lacks, in the order of the form. */
export function missingOf(draft: Draft, catalog: Catalog): Missing[] {
  const action = actionOf(draft, catalog);
  const trigger = catalog.triggers.get(draft.trigger);
  const missing: Missing[] = [];
  if (draft.scope === "") missing.push({ field: "scope" });
  if (draft.scope === "products" && draft.products.length === 0) missing.push({ field: "products" });
  if (!catalog.integrations.has(draft.integration)) missing.push({ field: "integration" });
  else if (!action) missing.push({ field: "action" });
  for (const setting of action?.settings ?? [])
    if (setting.required && isEmpty(settingOf(draft, setting))) missing.push({ field: "setting", setting });
  if (!triggersOf(draft, catalog).some((offered) => offered.trigger === draft.trigger))
    missing.push({ field: "trigger" });
  const digits = digitsOf(currencyOfDrafts(draft.conditions));
  draft.conditions.forEach((condition, index) => {
    const reason = conditionOf(condition, trigger, digits).incomplete;
    if (reason) missing.push({ field: "condition", index, reason });
  });
  if ([...draft.name.trim()].length > LONGEST_NAME) missing.push({ field: "name" });
  return missing;
}

/** The draft as the API reads it. Conditions that are not complete are left out. */
export function bodyOf(draft: Draft, catalog: Catalog): RuleBody {
  const trigger = catalog.triggers.get(draft.trigger);
  const digits = digitsOf(currencyOfDrafts(draft.conditions));
  return {
    name: draft.name.trim() || null,
    scope:
      draft.scope === "products"
        ? { kind: "products", products: draft.products.map(({ value }) => value) }
        : { kind: "global" },
    trigger: draft.trigger as RuleBody["trigger"],
    integration: draft.integration,
    action: draft.action,
    settings: settingsOf(draft, catalog),
    conditions: draft.conditions.flatMap((condition) => conditionOf(condition, trigger, digits).condition ?? []),
    use_gift_recipient: draft.useGiftRecipient,
    enabled: draft.enabled,
  };
}

/** The settings of the action. Those of an action that is unknown are kept as they were read. */
function settingsOf(draft: Draft, catalog: Catalog): Settings {
  const action = actionOf(draft, catalog);
  if (!action) return draft.settings[draft.integration] ?? {};
  return Object.fromEntries(
    action.settings.flatMap((setting) => {
      const value = settingOf(draft, setting);
      return value === undefined || isEmpty(value) ? [] : [[setting.key, value]];
    }),
  );
}

/** Whether two drafts would be saved as the same rule. Incomplete entries count as a difference. */
export function isSame(a: Draft, b: Draft): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint({ conditions, products, labels: _, family: __, settings, ...rest }: Draft): string {
  const entries = Object.entries(settings[rest.integration] ?? {}).filter(([, value]) => !isEmpty(value));
  return JSON.stringify({
    ...rest,
    products: products.map(({ value }) => value),
    settings: entries.sort(([a], [b]) => a.localeCompare(b)),
    conditions: conditions.map(({ key: _key, ...condition }) => condition),
  });
}
