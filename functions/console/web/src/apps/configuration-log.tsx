import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX } from "lucide-react";
import { Link } from "wouter";
import { useParameter } from "../address";
import { client, unwrap } from "../api/client";
import { appsQuery, everyRuleQuery, integrationsQuery, triggersQuery } from "../api/queries";
import type { ConfigEntry, Rule } from "../api/types";
import { nameOfActor } from "../format/actor";
import { rulePage } from "../pages";
import { common, apps as text } from "../text";
import { Button } from "../ui/button";
import { classes } from "../ui/classes";
import { Disclosure } from "../ui/disclosure";
import { Empty } from "../ui/empty";
import { Failure } from "../ui/failure";
import { FilterSelect } from "../ui/filter-select";
import list from "../ui/list.module.css";
import { Rows } from "../ui/skeleton";
import { Time } from "../ui/time";
import { changesOf, type Names, readable } from "./changes";
import styles from "./configuration-log.module.css";

const RESULTS = ["all", "ok", "failed"] as const;
type Result = (typeof RESULTS)[number];

/** Configuration Logs: who connected, changed, tested and refreshed an account, and who changed its rules. */
export function ConfigurationLog({ integration }: { integration: string }) {
  const [filter, setFilter] = useParameter("result");
  const result: Result = RESULTS.find((other) => other === filter) ?? "all";
  const log = useInfiniteQuery({
    queryKey: ["configuration", integration, result],
    initialPageParam: "",
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam: cursor }) => {
      const ok = result === "all" ? {} : { ok: result === "ok" };
      const query = { integration, limit: 50, ...ok, ...(cursor ? { cursor } : {}) };
      return unwrap(client.GET("/v1/configuration", { params: { query } }));
    },
    getNextPageParam: (page) => page.next_cursor,
  });
  const rules = useQuery(everyRuleQuery(integration)).data ?? [];
  const names = useNames(rules);
  const entries = log.data?.pages.flatMap(({ items }) => items) ?? [];

  return (
    <div className={styles.log}>
      <div>
        <FilterSelect
          label={text.log.filter}
          all={text.log.results.all}
          value={result === "all" ? "" : result}
          onChange={setFilter}
          choices={(["ok", "failed"] as const).map((value) => ({ value, label: text.log.results[value] }))}
        />
      </div>
      {log.error && <Failure error={log.error} retry={() => void log.refetch()} />}
      {log.isPending && <Rows />}
      {log.data && entries.length === 0 && !log.hasNextPage && (
        <Empty title={text.log.empty[result]}>{text.log.emptyHelp}</Empty>
      )}
      {entries.length > 0 && (
        <ol className={classes(list.list, log.isPlaceholderData && styles.stale)}>
          {entries.map((entry, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: entries have no id, and are only appended
            <li key={`${entry.at} ${entry.id} ${entry.action} ${index}`} className={styles.entry}>
              <Entry entry={entry} names={names} rule={rules.find((rule) => rule.id === entry.id)?.name} />
            </li>
          ))}
        </ol>
      )}
      {log.hasNextPage && (
        <div className={styles.more}>
          <Button busy={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
            {common.more}
          </Button>
        </div>
      )}
    </div>
  );
}

function useNames(rules: readonly Rule[]): Names {
  const apps = useQuery(appsQuery).data ?? [];
  const triggers = useQuery(triggersQuery).data ?? [];
  const accounts = useQuery(integrationsQuery).data ?? [];
  return {
    apps,
    triggers,
    accounts: new Map(accounts.map(({ id, label }) => [id, label])),
    products: new Map(rules.flatMap(({ names }) => Object.entries(names?.products ?? {}))),
    labels: new Map(rules.flatMap(({ labels }) => Object.entries(labels ?? {}))),
  };
}

function Entry({ entry, names, rule }: { entry: ConfigEntry; names: Names; rule: string | null | undefined }) {
  const changes = changesOf(entry, names);
  const isChange = Boolean(entry.before && entry.after);
  const Icon = entry.ok ? CircleCheck : CircleX;
  return (
    <>
      <Icon size={16} className={entry.ok ? styles.ok : styles.failed} role="img" aria-label={text.log.ok(entry.ok)} />
      <div className={list.main}>
        <p>
          <span className={list.title}>{entry.action}</span>
          {entry.kind === "rule" && (
            <>
              {" · "}
              {rule === undefined ? (
                <bdi>{nameIn(entry) ?? text.rule}</bdi>
              ) : (
                <Link href={rulePage(entry.id)} className={styles.link}>
                  <bdi>{rule ?? text.rule}</bdi>
                </Link>
              )}
            </>
          )}
        </p>
        <p className={styles.message}>
          <bdi>{readable(entry.message)}</bdi>
        </p>
        {changes.length > 0 && (
          <Disclosure look="quiet" title={isChange ? text.log.changes(changes.length) : text.log.details}>
            <table className={styles.changes}>
              {isChange && (
                <thead>
                  <tr>
                    <th scope="col">{text.log.part}</th>
                    <th scope="col">{text.log.before}</th>
                    <th scope="col">{text.log.after}</th>
                  </tr>
                </thead>
              )}
              <tbody>
                {changes.map((change) => (
                  <tr key={change.part}>
                    <th scope="row">{change.part}</th>
                    {entry.before && <Value of={change.before} name={isChange ? text.log.before : ""} />}
                    {entry.after && <Value of={change.after} name={isChange ? text.log.after : ""} />}
                  </tr>
                ))}
              </tbody>
            </table>
          </Disclosure>
        )}
      </div>
      <p className={styles.who}>
        <Who entry={entry} />
        <Time at={entry.at} />
      </p>
    </>
  );
}

function Who({ entry: { actor } }: { entry: ConfigEntry }) {
  if (!actor) return null;
  return <bdi className={styles.actor}>{nameOfActor(actor)}</bdi>;
}

function Value({ of, name }: { of: string | null; name: string }) {
  return (
    <td data-name={name || undefined}>
      {of === null ? <span className={styles.none}>{text.log.none}</span> : <bdi>{of}</bdi>}
    </td>
  );
}

/** The name of a rule that does not exist any more, if the entry has it. */
function nameIn({ before, after }: ConfigEntry): string | undefined {
  const { name } = { ...before, ...after } as { name?: unknown };
  return typeof name === "string" ? name : undefined;
}
