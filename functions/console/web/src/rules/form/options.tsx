import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { readOptions } from "../../api/queries";
import { rules as text } from "../../text";
import { Combobox, type Item } from "../../ui/combobox";
import { Failure } from "../../ui/failure";
import { useSettled } from "../../ui/use-settled";
import styles from "./form.module.css";

export const OPTIONS = ["options"];

const PAGE = 100;

const sampleQuery = (integration: string, list: string) =>
  queryOptions({
    queryKey: [...OPTIONS, integration, list, "sample"],
    staleTime: 60_000,
    queryFn: () => readOptions(integration, list, { limit: 1 }),
  });

/** Whether a list was never read from the app. */
export function useIsUnread(integration: string, list: string): boolean {
  const { data } = useQuery(sampleQuery(integration, list));
  return data?.read_at === null;
}

/** The options of a list that contain a text, and belong to the value of another list if the list has such values. */
function useOptions(integration: string, list: string, search: string, parents: readonly string[]) {
  // Whether the options of a list belong to those of another one shows in the options only.
  const sample = useQuery(sampleQuery(integration, list));
  const isNested = sample.data?.items.some(({ parent }) => parent != null) ?? false;
  const parent = isNested ? parents[0] : undefined;
  const options = useQuery({
    queryKey: [...OPTIONS, integration, list, parent, search],
    enabled: sample.isSuccess && (!isNested || parent !== undefined),
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const given = { ...(search ? { search } : {}), ...(parent === undefined ? {} : { parent }) };
      return (await readOptions(integration, list, { limit: PAGE, ...given })).items;
    },
  });
  const only = search === "" && options.data?.length === 1 && !options.isPlaceholderData ? options.data[0] : undefined;
  return {
    only,
    options: options.data ?? [],
    isFetching: sample.isFetching || options.isFetching,
    error: sample.error ?? options.error,
    retry: () => void (sample.error ? sample : options).refetch(),
    needsParent: isNested && parent === undefined,
  };
}

type Props = {
  integration: string;
  list: string;
  many: boolean;
  value: readonly string[];
  labels: Readonly<Record<string, string>>;
  /** The values of the other lists that the action names before this one. */
  parents: readonly string[];
  /** Says what happens with a typed value, if values may be typed. */
  typed: ((value: string) => string) | undefined;
  onChange: (values: string[], labels: Record<string, string>) => void;
  /** Whether a value is needed: the only option is chosen without being asked for. */
  isRequired: boolean;
};

/** A choice from an option list of the account. */
export function OptionPicker({ integration, list, many, value, labels, parents, typed, onChange, isRequired }: Props) {
  const [search, setSearch] = useState("");
  const change = useRef(onChange);
  change.current = onChange;
  const chosen = value.map((one) => ({ value: one, label: labels[one] ?? one }));
  // The box of a single choice has its label, which is not a search.
  const wanted = !many && search === chosen[0]?.label ? "" : search.trim();
  const found = useOptions(integration, list, useSettled(wanted, 200), parents);
  const { options, only, isFetching, needsParent } = found;
  const known = new Map(options.map((option) => [option.value, option.label]));
  const items: Item[] = options.map((option) => ({
    value: option.value,
    label: option.label,
    detail: option.value === option.label ? undefined : option.value,
  }));
  const selected = chosen.map((item) => {
    const label = known.get(item.value) ?? labels[item.value];
    return { value: item.value, label: label ?? item.value, note: typed && !label ? text.form.typedMark : undefined };
  });
  const choose = (next: readonly Item[]) => {
    const names = next.flatMap((item) => (known.has(item.value) ? [[item.value, item.label] as const] : []));
    onChange(
      next.map((item) => item.value),
      Object.fromEntries(names),
    );
  };
  const isObvious = isRequired && !many && value.length === 0 && only !== undefined;
  useEffect(() => {
    if (isObvious) change.current([only.value], { [only.value]: only.label });
  }, [isObvious, only]);
  const shared = { items, onSearch: setSearch, loading: isFetching, typed, placeholder: text.form.findOption };
  return (
    <>
      {many ? (
        <Combobox {...shared} many value={selected} onChange={choose} />
      ) : (
        <Combobox {...shared} value={selected[0] ?? null} onChange={(next) => choose(next ? [next] : [])} />
      )}
      {found.error && <Failure error={found.error} retry={found.retry} />}
      {needsParent && (
        <p className={styles.hint} role="status">
          {text.form.parentFirst}
        </p>
      )}
    </>
  );
}
