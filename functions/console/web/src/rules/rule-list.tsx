/** Lists of rules: of all, of an account, of a product. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useSearchParams } from "wouter";
import { leaveTo } from "../address";
import { useCanWrite } from "../api/permission";
import { common, rules as text } from "../text";
import { Button, ButtonLink } from "../ui/button";
import { Empty } from "../ui/empty";
import { Failure } from "../ui/failure";
import { Rows } from "../ui/skeleton";
import { BulkBar } from "./bulk-bar";
import { useDuplicate, useTurn, useTurnMany } from "./changes";
import { useDelete } from "./delete-dialog";
import { useDeleted } from "./deletions";
import type { Catalog } from "./draft";
import { type Fixed, isFiltered, matches, serverFilter } from "./filter";
import { Filters, useFilter } from "./filters";
import { addressOf, type HrefOf } from "./href";
import { rulesQuery, useCatalog } from "./queries";
import styles from "./rule-list.module.css";
import { type RowHandlers, RuleRow } from "./rule-row";
import { RuleSlideOut } from "./slide-out";

const STEP = 50;

/** The rules of an account or of a product, each of which opens in a slide-out over the page. */
export function RulesList(fixed: Fixed) {
  const [path] = useLocation();
  const [parameters] = useSearchParams();
  const hrefOf: HrefOf = (rule, isTry = false) =>
    addressOf({ path, parameters, add: { ...(rule ? { rule } : {}), ...(isTry ? { try: "1" } : {}) } });
  return <RulesView {...fixed} open={parameters.get("rule") ?? ""} hrefOf={hrefOf} />;
}

type Props = Fixed & {
  /** The rule that is open: its id, `new`, or nothing. */
  open: string;
  hrefOf: HrefOf;
};

export function RulesView({ open, hrefOf, ...fixed }: Props) {
  const { catalog, error, retry } = useCatalog();
  const [, navigate] = useLocation();
  if (error) return <Failure error={error} retry={retry} />;
  return (
    <>
      {catalog ? <List catalog={catalog} fixed={fixed} hrefOf={hrefOf} /> : <Rows />}
      {open && (
        <RuleSlideOut
          key={open}
          id={open}
          fixed={fixed}
          onClose={() => leaveTo(hrefOf(""))}
          onAdded={(rule) => navigate(hrefOf(rule, true))}
        />
      )}
    </>
  );
}

type ListProps = { catalog: Catalog; fixed: Fixed; hrefOf: HrefOf };

function List({ catalog, fixed, hrefOf }: ListProps) {
  const canWrite = useCanWrite();
  const [, navigate] = useLocation();
  const { filter, set, clear } = useFilter();
  const turn = useTurn();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [wanted, setWanted] = useState(STEP);
  const deletion = useDelete(() => setSelected(new Set()));
  const deleted = useDeleted();

  const address = useRef(hrefOf);
  address.current = hrefOf;
  const { ask } = deletion;
  const { submit: duplicate } = useDuplicate((copy) => navigate(address.current(copy)));
  const turning = useTurnMany(() => setSelected(new Set()));
  // The rows are drawn again only if their rule changes: there can be many of them.
  const handlers = useMemo<RowHandlers>(
    () => ({
      select: (rule, isSelected) =>
        setSelected((before) => {
          const next = new Set(before);
          if (isSelected) next.add(rule.id);
          else next.delete(rule.id);
          return next;
        }),
      turn: (rule, enabled) => void turn(rule, enabled),
      duplicate,
      remove: (rule) => ask([rule]),
    }),
    [turn, duplicate, ask],
  );

  const isMixed = fixed.product !== undefined;
  const list = useInfiniteQuery(rulesQuery(serverFilter(filter, fixed)));
  const found = useMemo(
    () =>
      (list.data?.pages.flatMap(({ items }) => items) ?? [])
        .filter((rule) => !deleted.has(rule.id) && matches(rule, filter, catalog))
        // The rules of a product come before the global ones.
        .sort((a, b) => (isMixed ? b.scope.kind.localeCompare(a.scope.kind) : 0)),
    [list.data, deleted, filter, catalog, isMixed],
  );
  const { hasNextPage, isFetching, fetchNextPage } = list;
  useEffect(() => {
    // One page more than is shown: a full page can be the last one.
    if (hasNextPage && !isFetching && found.length <= wanted) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage, found.length, wanted]);

  if (list.isPending) return <Rows />;
  if (list.isError && !list.data) return <Failure error={list.error} retry={() => void list.refetch()} />;

  const shown = found.slice(0, wanted);
  const chosen = shown.filter(({ id }) => selected.has(id));
  const isSearching = found.length === 0 && hasNextPage;
  if (found.length === 0 && !isSearching && !isFiltered(filter))
    return (
      <Empty
        title={text.list.none}
        action={
          canWrite && (
            <ButtonLink href={hrefOf("new")} look="secondary" icon={Plus}>
              {text.add}
            </ButtonLink>
          )
        }
      >
        {text.list.noneHelp}
      </Empty>
    );

  return (
    <div className={styles.list}>
      <Filters catalog={catalog} fixed={fixed} filter={filter} set={set} />
      {canWrite && (
        <BulkBar
          chosen={chosen}
          all={shown}
          onSelect={(rules) => setSelected(new Set(rules.map(({ id }) => id)))}
          turning={turning.isPending ? turning.variables.change : null}
          onTurn={(change) => turning.submit({ change, rules: chosen })}
          onDelete={() => ask(chosen)}
        />
      )}
      {isSearching && <Rows />}
      {found.length === 0 && !isSearching && (
        <Empty title={text.list.noMatch} action={<Button onClick={clear}>{text.list.clear}</Button>}>
          {text.list.noMatchHelp}
        </Empty>
      )}
      <ul>
        {shown.map((rule) => (
          <RuleRow
            key={rule.id}
            rule={rule}
            catalog={catalog}
            href={hrefOf(rule.id)}
            canWrite={canWrite}
            selected={selected.has(rule.id)}
            isMixed={isMixed}
            on={handlers}
          />
        ))}
      </ul>
      {(found.length > wanted || (hasNextPage && found.length > 0)) && (
        <div className={styles.more}>
          <Button onClick={() => setWanted(wanted + STEP)} busy={list.isFetchingNextPage}>
            {common.more}
          </Button>
        </div>
      )}
      {deletion.dialog}
    </div>
  );
}
