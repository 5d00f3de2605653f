/** The parts of a rule or an account that a change changed, in words. */
import type { CatalogApp } from "../api/queries";
import type { Condition, ConfigEntry, Trigger } from "../api/types";
import { conditionTexts } from "../rules/wording";
import { apps as text } from "../text";

export type Change = { part: string; before: string | null; after: string | null };

/** Where the words for keys come from. */
export type Names = {
  apps: readonly CatalogApp[];
  triggers: readonly Trigger[];
  accounts: ReadonlyMap<string, string>;
  products: ReadonlyMap<string, string>;
  /** The app's labels of setting values. */
  labels: ReadonlyMap<string, string>;
};

type Parts = Record<string, unknown>;

const { log } = text;

/** Each part that differs; of a new object all its parts, of a deleted one what it had. */
export function changesOf(entry: ConfigEntry, names: Names): Change[] {
  const before = flat(entry.before, entry, names);
  const after = flat(entry.after, entry, names);
  const parts = new Set([...before.keys(), ...after.keys()]);
  return [...parts]
    .map((part) => ({ part, before: before.get(part) ?? null, after: after.get(part) ?? null }))
    .filter((change) => change.before !== change.after);
}

/** A message with quotation marks in place of the backticks around names. */
export function readable(message: string): string {
  return message.replace(/`([^`]*)`/g, "“$1”");
}

/** The parts by their names, with the settings as parts of their own. */
function flat(parts: object | null | undefined, entry: ConfigEntry, names: Names): Map<string, string> {
  const { settings, ...rest } = (parts ?? {}) as Parts;
  const app = names.apps.find((other) => other.app === entry.app);
  const words = new Map<string, string>();
  const ordered = Object.entries(rest).sort(([a], [b]) => place(a) - place(b));
  for (const [key, value] of ordered) {
    if (value !== null) words.set(log.parts[key] ?? key, wordOf(key, value, app, names));
  }
  for (const [key, value] of Object.entries(isParts(settings) ? settings : {})) {
    words.set(settingLabel(app, key), settingValue(app, key, value, names));
  }
  if (typeof settings === "string") words.set(log.parts.settings ?? "settings", settings);
  return words;
}

/** The place of a part in the rule form; a part that the form does not have comes last. */
function place(key: string): number {
  const found = Object.keys(log.parts).indexOf(key);
  return found < 0 ? Number.MAX_SAFE_INTEGER : found;
}

function wordOf(key: string, value: unknown, app: CatalogApp | undefined, names: Names): string {
  const word = String(value);
  switch (key) {
    case "enabled":
      return value ? log.on : log.off;
    case "use_gift_recipient":
      return value ? log.yes : log.no;
    case "trigger":
      return names.triggers.find(({ trigger }) => trigger === word)?.label ?? word;
    case "action":
      return app?.manifest.actions.find((action) => action.key === word)?.label ?? word;
    case "method":
      return app?.manifest.methods.find((method) => method.key === word)?.label ?? word;
    case "integration":
      return names.accounts.get(word) ?? word;
    case "scope":
      return scopeOf(value, names);
    case "conditions":
      return Array.isArray(value) ? conditionTexts(value as Condition[]).join(log.and) : word;
    default:
      return plain(value);
  }
}

function scopeOf(scope: unknown, { products }: Names): string {
  if (!isParts(scope)) return String(scope);
  if (!Array.isArray(scope.products)) return log.everyProduct;
  return scope.products.map((id) => products.get(String(id)) ?? String(id)).join(", ");
}

const settingOf = (app: CatalogApp | undefined, key: string) =>
  app?.manifest.actions.flatMap(({ settings }) => settings).find((setting) => setting.key === key);

function settingLabel(app: CatalogApp | undefined, key: string): string {
  return settingOf(app, key)?.label ?? key;
}

function settingValue(app: CatalogApp | undefined, key: string, value: unknown, { labels }: Names): string {
  const choice = settingOf(app, key)?.choices?.find((other) => other.value === value);
  if (choice) return choice.label;
  const labelled = (one: unknown) => (typeof one === "string" ? (labels.get(one) ?? one) : one);
  return plain(Array.isArray(value) ? value.map(labelled) : labelled(value));
}

function plain(value: unknown): string {
  if (typeof value === "boolean") return value ? log.yes : log.no;
  if (Array.isArray(value)) return value.map(String).join(", ");
  return isParts(value) ? JSON.stringify(value) : String(value);
}

function isParts(value: unknown): value is Parts {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
