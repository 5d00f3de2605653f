/** The state of the rule form: what is entered, what the server says about it, and saving. */
import { type InfiniteData, keepPreviousData, type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { client, unwrap } from "../api/client";
import { ApiError, messageOf } from "../api/problem";
import type { Finding, Rule, RuleBody } from "../api/types";
import { useSubmit } from "../api/use-submit";
import { report } from "../host/host";
import { common, rules as text } from "../text";
import { toasts } from "../ui/toast";
import { useSettled } from "../ui/use-settled";
import { useTurn } from "./changes";
import {
  bodyOf,
  type Catalog,
  type Draft,
  draftOf,
  isSame,
  LONGEST_NAME,
  type Missing,
  missingOf,
  triggersOf,
} from "./draft";
import { forgetDraft, keepDraft, keptDraft, keyOf } from "./drafts";
import { byField, type Messages } from "./findings";
import { RULE_LISTS, RULES, type RulesPage, readRule } from "./queries";
import { findingText } from "./wording";

export type Editor = ReturnType<typeof useEditor>;

type Options = {
  rule: Rule | null;
  initial: Draft;
  catalog: Catalog;
  onSaved: () => void;
  onTry: (rule: string) => void;
};

export function useEditor({ rule, initial, catalog, onSaved, onTry }: Options) {
  const queries = useQueryClient();
  const turn = useTurn();
  /** The version that a save replaces. */
  const [base, setBase] = useState(rule);
  const [start, setStart] = useState(initial);
  const key = keyOf(base);
  const [restored, setRestored] = useState(() => keptDraft(key));
  const [draft, setDraft] = useState(restored ?? initial);
  /** The number of times that the person tried to save a form that could not be saved. */
  const [refusals, setRefusals] = useState(0);
  const [problem, setProblem] = useState<unknown>(null);
  const [conflict, setConflict] = useState<Rule | null>(null);

  const body = useMemo(() => bodyOf(draft, catalog), [draft, catalog]);
  const missing = useMemo(() => missingOf(draft, catalog), [draft, catalog]);
  const isComplete = missing.length === 0;
  const found = useFindings(isComplete ? body : null, base?.id);
  const findings = useMemo(
    () => found.map((finding) => ({ ...finding, message: findingText(finding, cachedRules(queries), catalog) })),
    [found, queries, catalog],
  );
  // A finding that suggests a rule is shown with that rule, not at its field.
  const own = isComplete ? findings.filter(({ suggestion }) => !suggestion) : [];

  const refused = (error: unknown) => {
    setProblem(error);
    setRefusals((times) => times + 1);
  };
  const saving = useSubmit({
    send: (etag: string | undefined, keyOf) => {
      if (!base)
        return unwrap(client.POST("/v1/rules", { params: { header: { "idempotency-key": keyOf(body) } }, body }));
      const params = { path: { rule: base.id }, header: { "if-match": `"${etag}"` } };
      return unwrap(client.PUT("/v1/rules/{rule}", { params, body }));
    },
    onSuccess: async ({ rule: saved, warnings }) => {
      forgetDraft(key);
      report({ name: "rule-saved", rule: saved.id });
      onSaved();
      const [first] = warnings;
      const next = !saved.enabled
        ? { children: text.form.switchOn, onClick: () => void turn(saved, true) }
        : base === null && { children: text.try.button, onClick: () => onTry(saved.id) };
      const said = first && findingText(first, cachedRules(queries), catalog);
      toasts.add({
        title: base ? text.form.saved : text.form.added,
        description: saved.enabled ? said || (base ? undefined : text.form.addedHelp) : text.form.savedOff,
        timeout: said || !base || !saved.enabled ? 10_000 : 5_000,
        ...(next ? { actionProps: next } : {}),
      });
      await queries.invalidateQueries({ queryKey: RULES });
    },
    onError: async (error) => {
      const isConflict = error instanceof ApiError && error.status === 412 && base !== null;
      if (isConflict) await readRule(base.id).then(setConflict, refused);
      else refused(error);
    },
  });

  const errors = errorsOf({ draft, catalog, missing, findings, problem, isRefused: refusals > 0 });
  return {
    key,
    draft,
    body,
    catalog,
    rule: base,
    isComplete,
    isDirty: !isSame(draft, start),
    /** Whether a rule that is off is changed, for example because its account was disconnected. */
    wasOff: base !== null && !start.enabled && !isSame({ ...draft, enabled: false }, start),
    isSaving: saving.isPending,
    errors,
    warnings: byField(own.filter(({ severity }) => severity === "warning")),
    /** The rule that the action needs besides this one, if there is none. */
    required: (isComplete && findings.find(({ suggestion }) => suggestion)?.suggestion) || null,
    refusals,
    conflict,
    change: (next: Draft) => {
      setProblem(null);
      setDraft(next);
      if (isSame(next, start)) forgetDraft(key);
      else keepDraft(key, next);
    },
    /** Whether the form began with changes that were not saved. */
    isRestored: restored !== undefined,
    startAgain: () => {
      forgetDraft(key);
      setRestored(undefined);
      setDraft(start);
    },
    save: () => {
      setProblem(null);
      if (isComplete) saving.submit(base?.etag);
      else setRefusals((times) => times + 1);
    },
    /** Keeps what was entered here, and replaces the saved version. */
    keepMine: () => {
      if (!conflict) return;
      setBase(conflict);
      setConflict(null);
      saving.submit(conflict.etag);
    },
    takeTheirs: () => {
      if (!conflict) return;
      forgetDraft(key);
      setBase(conflict);
      setStart(draftOf(conflict));
      setDraft(draftOf(conflict));
      setConflict(null);
    },
    closeConflict: () => setConflict(null),
  };
}

const NONE: readonly Finding[] = [];

/** The rules that the lists have read. */
function cachedRules(queries: QueryClient): Rule[] {
  const lists = queries.getQueriesData<InfiniteData<RulesPage>>({ queryKey: RULE_LISTS });
  return lists.flatMap(([, list]) => list?.pages.flatMap(({ items }) => items) ?? []);
}

/** What the server finds in the rule, while it is entered. */
function useFindings(body: RuleBody | null, id: string | undefined): readonly Finding[] {
  const settled = useSettled(body ? JSON.stringify(body) : "");
  const { data } = useQuery({
    queryKey: ["rules", "lint", id, settled],
    enabled: settled !== "",
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: () =>
      unwrap(client.POST("/v1/rules/lint", { body: { rule: JSON.parse(settled) as RuleBody, ...(id ? { id } : {}) } })),
  });
  return data?.findings ?? NONE;
}

type Known = {
  draft: Draft;
  catalog: Catalog;
  missing: readonly Missing[];
  findings: readonly Finding[];
  problem: unknown;
  isRefused: boolean;
};

/** The message of each field: what is missing after an attempt to save, else what the server says. */
function errorsOf({ draft, catalog, missing, findings, problem, isRefused }: Known): Messages {
  if (missing.length > 0) {
    const always = missing.filter((one) => isRefused || isBroken(one, draft));
    return Object.fromEntries(always.map((one) => messageOfMissing(one, draft, catalog)));
  }
  const fields = problem instanceof ApiError ? (problem.problem.errors ?? []) : [];
  if (fields.length > 0) return byField(fields);
  const found = byField(findings.filter(({ severity }) => severity === "error"));
  return problem ? { ...found, "": messageOf(problem) } : found;
}

/** Whether what was entered cannot stay, such as a choice that is not there any more; this is said before an attempt to save. */
function isBroken({ field }: Missing, draft: Draft): boolean {
  return (
    (field === "integration" || field === "action" || field === "trigger" || field === "name") && draft[field] !== ""
  );
}

function messageOfMissing(missing: Missing, draft: Draft, catalog: Catalog): [field: string, message: string] {
  const { form } = text;
  switch (missing.field) {
    case "setting":
      return [`settings.${missing.setting.key}`, form.missing.setting(missing.setting.label)];
    case "condition":
      return [`conditions.${missing.index}`, form.missing.condition[missing.reason]];
    case "integration":
      return ["integration", draft.integration ? form.integrationGone : form.missing.integration];
    case "action":
      return ["action", draft.action ? form.actionGone : form.missing.action];
    case "trigger": {
      const label = catalog.triggers.get(draft.trigger)?.label ?? draft.trigger;
      const isOther = draft.trigger !== "" && triggersOf(draft, catalog).length > 0;
      return ["trigger", isOther ? form.notOffered(label) : form.missing.trigger];
    }
    case "name":
      return ["name", common.nameTooLong(LONGEST_NAME)];
    default:
      return [missing.field, form.missing[missing.field]];
  }
}
