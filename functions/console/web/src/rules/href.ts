/** The address of a list with a rule open. */

/** What is only for the rule that is open. */
const OF_RULE = ["try", "product", "rule"];

type Options = { path: string; parameters: URLSearchParams; add?: Record<string, string> };

/** The path with the list's own parameters, and with others for the rule that is opened. */
export function addressOf({ path, parameters, add = {} }: Options): string {
  const query = new URLSearchParams(parameters);
  for (const name of OF_RULE) query.delete(name);
  for (const [name, value] of Object.entries(add)) query.set(name, value);
  return query.size > 0 ? `${path}?${query}` : path;
}

/** The address of the page with a rule open, or with none; `isTry` opens its test. */
export type HrefOf = (rule: string, isTry?: boolean) => string;
