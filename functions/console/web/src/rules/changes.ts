/** The changes of rules that lists offer. */
import { type InfiniteData, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { client, unwrap } from "../api/client";
import { ApiError, messageOf } from "../api/problem";
import type { Rule } from "../api/types";
import { useSubmit } from "../api/use-submit";
import { count } from "../format/money";
import { rules as text } from "../text";
import { toasts } from "../ui/toast";
import { changeMany, type Versioned, waitingOf } from "./bulk";
import { type Deletable, deleteRules } from "./deletions";
import { RULE_LISTS, RULES, type RulesPage } from "./queries";

/** The versions that changes under way lead to: a switch that is turned twice sends one request after the other. */
const switching = new Map<string, Promise<string | undefined>>();

/** Shows a rule in every list as it is after a change. */
function replaceInLists(queries: QueryClient, id: string, change: (rule: Rule) => Rule): void {
  queries.setQueriesData<InfiniteData<RulesPage>>({ queryKey: RULE_LISTS }, (lists) =>
    lists && "pages" in lists
      ? {
          ...lists,
          pages: lists.pages.map((page) => ({
            ...page,
            items: page.items.map((rule) => (rule.id === id ? change(rule) : rule)),
          })),
        }
      : lists,
  );
}

const readAgain = (queries: QueryClient) => queries.invalidateQueries({ queryKey: RULES });

/** Switches a rule. It answers at once, and goes back with the reason if the server refuses. */
export function useTurn(): (rule: Rule, enabled: boolean) => Promise<void> {
  const queries = useQueryClient();
  return useMemo(() => {
    const turn = async (rule: Rule, enabled: boolean): Promise<void> => {
      const before = switching.get(rule.id);
      const sent = (async () => {
        await queries.cancelQueries({ queryKey: RULE_LISTS });
        replaceInLists(queries, rule.id, (shown) => ({ ...shown, enabled }));
        const etag = (await before) ?? rule.etag;
        const params = { path: { rule: rule.id }, header: { "if-match": `"${etag}"` } };
        return unwrap(client.PATCH("/v1/rules/{rule}", { params, body: { enabled } }));
      })();
      const version = sent.then(
        (saved) => saved.rule.etag,
        () => undefined,
      );
      switching.set(rule.id, version);
      try {
        const saved = await sent;
        if (switching.get(rule.id) !== version) return;
        switching.delete(rule.id);
        // The response has no names; those of the list stay.
        replaceInLists(queries, rule.id, ({ names = null }) => ({ ...saved.rule, names }));
        if (!enabled) await sayWhatEnds(saved.rule);
      } catch (error) {
        if (switching.get(rule.id) === version) switching.delete(rule.id);
        replaceInLists(queries, rule.id, (shown) => ({ ...shown, enabled: rule.enabled }));
        toasts.add({ title: text.changes.notChanged, description: messageOf(error) });
        if (error instanceof ApiError && error.status === 412) await readAgain(queries);
      }
    };

    const sayWhatEnds = async (rule: Rule): Promise<void> => {
      const waiting = await waitingOf([rule]).catch(() => null);
      if (!waiting?.count) return;
      toasts.add({
        title: text.changes.off,
        description: text.changes.waitingEnd(count(waiting.count, waiting.more), waiting.count === 1),
        timeout: 10_000,
        actionProps: { children: text.changes.switchOn, onClick: () => void turn(rule, true) },
      });
    };

    return turn;
  }, [queries]);
}

/** Copies a rule. `onCopied` gets the id of the copy, which is off. */
export function useDuplicate(onCopied: (copy: string) => void) {
  const queries = useQueryClient();
  return useSubmit({
    send: async (rule: Versioned, keyOf) => {
      const [result] = await changeMany("duplicate", [rule], { keyOf });
      return result;
    },
    onSuccess: async (result) => {
      if (!result?.copy) return sayNotCopied(result?.problem?.detail ?? result?.problem?.title ?? "");
      await readAgain(queries);
      toasts.add({ title: text.changes.copied, description: text.changes.copiedHelp });
      onCopied(result.copy);
    },
    onError: (error) => sayNotCopied(messageOf(error)),
  });
}

function sayNotCopied(reason: string): void {
  toasts.add({ title: text.changes.notCopied, description: reason });
}

type Turning = { change: "enable" | "disable"; rules: readonly Versioned[] };

/** Switches several rules. */
export function useTurnMany(onDone: () => void) {
  const queries = useQueryClient();
  return useSubmit({
    send: ({ change, rules }: Turning) => changeMany(change, rules),
    onSuccess: (results, { change }) => {
      const problems = results.flatMap(({ problem }) => (problem ? [problem.detail ?? problem.title] : []));
      const reasons = [...new Set(problems)].slice(0, 3).join(" ");
      toasts.add({
        title: text.bulk.done[change](results.length - problems.length),
        ...(problems.length > 0 ? { description: text.bulk.failed(problems.length, reasons), timeout: 10_000 } : {}),
      });
    },
    onError: (error) => toasts.add({ title: text.changes.notChanged, description: messageOf(error) }),
    onSettled: async () => {
      await readAgain(queries);
      onDone();
    },
  });
}

/** Deletes rules after the time to undo. */
export function useRemove(): (rules: readonly Deletable[]) => void {
  const queries = useQueryClient();
  return useCallback((rules) => deleteRules(rules, () => readAgain(queries)), [queries]);
}
