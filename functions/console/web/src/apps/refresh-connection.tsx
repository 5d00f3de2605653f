import { useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { client, unwrap } from "../api/client";
import { useRuleNames } from "../api/names";
import { messageOf } from "../api/problem";
import type { CatalogApp } from "../api/queries";
import type { Refreshed } from "../api/types";
import { useSubmit } from "../api/use-submit";
import { rulePage } from "../pages";
import { common, apps as text } from "../text";
import { Button } from "../ui/button";
import { Note } from "../ui/note";
import { compare, type Difference, type Options } from "./options";
import { everyOption } from "./queries";
import styles from "./refresh-connection.module.css";

export type Refresh = ReturnType<typeof useRefresh>;

type Result = Refreshed & { differences: Map<string, Difference | null> };

const MOST_NAMES = 5;
const PARTS = ["added", "removed", "renamed"] as const;
const SAME: Difference = { added: [], removed: [], renamed: [] };
const all = new Intl.ListFormat(undefined, { type: "conjunction" });

/** Refresh Connection: reads the option lists again from the app, and compares them with those before. */
export function useRefresh(integration: string) {
  const queries = useQueryClient();
  const read = async (app: CatalogApp): Promise<Map<string, Options>> => {
    const lists = app.manifest.option_lists.map(async ({ key }) => {
      const options = await everyOption(integration, key).catch(() => null);
      return [key, options] as const;
    });
    return new Map(await Promise.all(lists));
  };
  return useSubmit({
    send: async (app: CatalogApp): Promise<Result> => {
      const before = await read(app);
      const params = { path: { integration } };
      const refreshed = await unwrap(client.POST("/v1/integrations/{integration}/refresh", { params }));
      const after = await read(app);
      const differences = refreshed.lists.map(
        ({ list }) => [list, compare(before.get(list) ?? null, after.get(list) ?? null)] as const,
      );
      return { ...refreshed, differences: new Map(differences) };
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["integrations"] });
      void queries.invalidateQueries({ queryKey: ["options"] });
    },
  });
}

/** What the last refresh found: what changed, what failed, and the rules that it breaks. */
export function RefreshNotes({ refresh, app }: { refresh: Refresh; app: CatalogApp | undefined }) {
  const { data, error } = refresh;
  const nameOf = (list: string) => app?.manifest.option_lists.find(({ key }) => key === list)?.label ?? list;
  const dismiss = (
    <Button look="quiet" onClick={() => refresh.reset()}>
      {common.close}
    </Button>
  );
  if (error) {
    return (
      <Note meaning="failed" title={text.refreshFailed} action={dismiss}>
        {messageOf(error)}
      </Note>
    );
  }
  if (!data) return null;
  return (
    <>
      {data.missing.length > 0 && <Missing refreshed={data} />}
      {data.failed.length > 0 && (
        <Note meaning="failed" title={text.listsFailed(data.failed.length)}>
          <ul>
            {data.failed.map(({ list, reason, hint }) => (
              <li key={list}>
                {nameOf(list)}: {reason} {hint}
              </li>
            ))}
          </ul>
        </Note>
      )}
      <Note meaning="done" title={text.refreshed} action={dismiss}>
        <Lists refreshed={data} nameOf={nameOf} />
      </Note>
    </>
  );
}

type ListsProps = { refreshed: Result; nameOf: (list: string) => string };

/** The lists that were read: each that changed with its changes, the others together. */
function Lists({ refreshed: { lists, differences }, nameOf }: ListsProps) {
  const wordsOf = ({ list, count, truncated }: Refreshed["lists"][number]) =>
    text.listIs(nameOf(list), count, truncated);
  const inWords = (some: Refreshed["lists"]) => all.format(some.map(wordsOf));
  const isChanged = (of: Difference) => PARTS.some((part) => of[part].length > 0);
  const changed = lists.filter(({ list }) => isChanged(differences.get(list) ?? SAME));
  const same = lists.filter(({ list }) => differences.get(list) && !isChanged(differences.get(list) ?? SAME));
  const unknown = lists.filter(({ list }) => !differences.get(list));
  return (
    <>
      {changed.map((read) => (
        <p key={read.list}>
          {wordsOf(read)}
          <Changes of={differences.get(read.list) ?? SAME} />
        </p>
      ))}
      {same.length > 0 && <p>{text.unchanged(inWords(same))}</p>}
      {unknown.length > 0 && <p>{text.read(inWords(unknown))}</p>}
    </>
  );
}

function Changes({ of }: { of: Difference }) {
  return PARTS.filter((part) => of[part].length > 0).map((part) => (
    <span key={part}>
      {" · "}
      {text.changes[part]} <bdi>{of[part].slice(0, MOST_NAMES).join(", ")}</bdi>
      {of[part].length > MOST_NAMES && ` ${text.andMore(of[part].length - MOST_NAMES)}`}
    </span>
  ));
}

/** The rules that use values which no longer exist. */
function Missing({ refreshed }: { refreshed: Refreshed }) {
  const ruleName = useRuleNames({ account: refreshed.integration.id });
  const nameOf = (id: string) => ruleName(id) ?? text.rule;
  const broken = new Set(refreshed.missing.map(({ rule }) => rule)).size;
  return (
    <Note meaning="needs" title={text.rulesBreak(broken)}>
      <ul>
        {refreshed.missing.map(({ rule, setting, name }) => (
          <li key={`${rule} ${setting} ${name}`}>
            <Link href={rulePage(rule)} className={styles.rule}>
              <bdi>{nameOf(rule)}</bdi>
            </Link>
            {" · "}
            {text.missing(setting)} <bdi>{name}</bdi>
          </li>
        ))}
      </ul>
    </Note>
  );
}
