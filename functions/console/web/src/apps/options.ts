/** What a refresh changed in an account's option lists. */
import type { Option } from "../api/types";

/** A list's options; null if it has more than are compared. */
export type Options = readonly Option[] | null;

export type Difference = { added: string[]; removed: string[]; renamed: string[] };

/** The options that came, went and have another name; null if the lists cannot be compared. */
export function compare(before: Options, after: Options): Difference | null {
  if (!before || !after) return null;
  const key = ({ value, parent }: Option) => `${parent ?? ""}\n${value}`;
  const old = new Map(before.map((option) => [key(option), option.label]));
  const now = new Map(after.map((option) => [key(option), option.label]));
  return {
    added: after.filter((option) => !old.has(key(option))).map(({ label }) => label),
    removed: before.filter((option) => !now.has(key(option))).map(({ label }) => label),
    renamed: after
      .filter((option) => (old.get(key(option)) ?? option.label) !== option.label)
      .map(({ label }) => label),
  };
}
