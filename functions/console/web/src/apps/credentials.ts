/** The form that connects an account: its defaults, its checks, and where the server's errors belong. */
import { ApiError } from "../api/problem";
import type { CatalogApp } from "../api/queries";
import type { CredentialField, Method } from "../api/types";
import { common, apps as text } from "../text";

export type Draft = { method: string; label: string; values: Record<string, string> };

/** An error for each field, by its name, and an error without a field. */
export type Problems = { fields: Record<string, string>; form?: unknown };

export const LABEL = "label";
const LONGEST_LABEL = 100;

/** The app's name, with a number if an account has it already. */
export function defaultLabel(app: string, taken: readonly string[]): string {
  const used = new Set(taken.map((label) => label.toLocaleLowerCase()));
  const names = [app, ...Array.from({ length: used.size }, (_, index) => `${app} ${index + 2}`)];
  return names.find((name) => !used.has(name.toLocaleLowerCase())) ?? app;
}

/** The methods that a session can use: a login needs a session with an origin. */
export function methodsOf(app: CatalogApp, canLogIn: boolean): Method[] {
  return app.manifest.methods.filter(({ oauth }) => canLogIn || !oauth);
}

/** The values of the method's fields, without those that are empty. */
export function valuesOf(method: Method, values: Record<string, string>): Record<string, string> {
  const fields = (method.credentials ?? []).map(({ key }) => [key, values[key]?.trim() ?? ""] as const);
  return Object.fromEntries(fields.filter(([, value]) => value !== ""));
}

/** The vendor's page about a field, and the name of its site. Only pages at https addresses are linked. */
export function guideOf({ page = "" }: Pick<CredentialField, "page">): { href: string; site: string } | null {
  const [, site] = /^https:\/\/(?:www\.)?([a-z0-9.-]+)(?:[/?#]|$)/i.exec(page) ?? [];
  return site ? { href: page, site } : null;
}

/** What is missing or cannot be right, before anything is sent. */
export function check(method: Method, draft: Draft, withLabel: boolean): Record<string, string> {
  const errors: Record<string, string> = {};
  if (withLabel && draft.label.trim() === "") errors[LABEL] = text.labelMissing;
  if (withLabel && [...draft.label.trim()].length > LONGEST_LABEL) errors[LABEL] = common.nameTooLong(LONGEST_LABEL);
  for (const field of method.credentials ?? []) {
    const value = draft.values[field.key]?.trim() ?? "";
    if (value === "" && !field.optional) errors[field.key] = text.fieldMissing(field.label);
    else if (value !== "" && !fits(field, value)) errors[field.key] = text.fieldMistyped(field.label, field.help);
  }
  return errors;
}

function fits({ pattern }: CredentialField, value: string): boolean {
  if (!pattern) return true;
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true; // the server checks it
  }
}

/** The field of each error of the server, in the words of the form. */
export function problemsOf(error: unknown, method: Method): Problems {
  if (!(error instanceof ApiError)) return { fields: {}, form: error };
  const shown = method.credentials ?? [];
  const fields: Record<string, string> = {};
  for (const { field } of error.problem.errors ?? []) {
    const key = field === "/label" ? LABEL : field.replace("/credentials/", "");
    const known = shown.find((credential) => credential.key === key);
    if (known) fields[key] = text.fieldMistyped(known.label, known.help);
    else if (key === LABEL) fields[key] = error.is("conflict") ? text.labelTaken : text.labelNotValid;
    else return { fields: {}, form: error };
  }
  if (Object.keys(fields).length > 0) return { fields };

  const [only, ...more] = shown;
  const isRefused = error.is("credentials-rejected");
  if (isRefused && only && more.length === 0) return { fields: { [only.key]: error.message } };
  return { fields: {}, form: error };
}
