import { useQueryClient } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";
import { expectChanges } from "../activity/live";
import { client, unwrap } from "../api/client";
import { useCanLogIn } from "../api/permission";
import { ApiError } from "../api/problem";
import type { CatalogApp } from "../api/queries";
import type { Connected, Integration } from "../api/types";
import { useSubmit } from "../api/use-submit";
import { report } from "../host/host";
import { focusFirstError } from "../ui/form";
import { check, type Draft, methodsOf, type Problems, problemsOf, valuesOf } from "./credentials";
import { accountQuery, untestedKey } from "./queries";
import { type LoginState, useLogin } from "./use-login";

export type Target = { app: CatalogApp; account?: Integration | undefined };

const UNDER_WAY: LoginState["kind"][] = ["opening", "blocked", "waiting", "finishing"];
const NONE: Problems = { fields: {} };

/** The form that connects a new account, or an account again. */
export function useConnect({ app, account }: Target, label: string, onConnected: (connected: Connected) => void) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Draft>({ method: account?.method ?? "", label, values: {} });
  const [problems, setProblems] = useState<Problems>(NONE);
  const form = useRef<HTMLFormElement>(null);

  useLayoutEffect(() => {
    if (Object.keys(problems.fields).length > 0) focusFirstError(form.current);
  }, [problems]);

  const methods = methodsOf(app, useCanLogIn());
  const method = methods.find(({ key }) => key === draft.method) ?? methods[0];
  const refuse = (error: unknown) => method && setProblems(problemsOf(error, method));
  const done = (connected: Connected) => {
    const { id } = connected.integration;
    queries.setQueryData(untestedKey(id), connected.untested ?? null);
    void queries.invalidateQueries({ queryKey: ["integrations"] });
    void queries.invalidateQueries({ queryKey: ["apps"] });
    // Actions that waited are performed soon.
    if (connected.released > 0) expectChanges();
    report({ name: "connected", app: app.app, integration: id });
    onConnected(connected);
  };
  const login = useLogin(app, { onConnected: done, onError: refuse });
  const sending = useSubmit({
    send: async (given: { method: string; credentials: Record<string, string> }, keyOf): Promise<Connected> => {
      if (account) {
        const { etag } = await queries.fetchQuery({ ...accountQuery(account.id), staleTime: 0 });
        return unwrap(
          client.PUT("/v1/integrations/{integration}/credentials", {
            params: { path: { integration: account.id }, header: { "if-match": etag } },
            body: given,
          }),
        );
      }
      const body = { app: app.app, label: draft.label.trim(), ...given };
      const header = { "idempotency-key": keyOf(body) };
      return unwrap(client.POST("/v1/integrations", { params: { header }, body }));
    },
    onSuccess: done,
    onError: refuse,
  });
  const isBusy = sending.isPending || UNDER_WAY.includes(login.state.kind);

  const submit = () => {
    if (!method || isBusy) return;
    const fields = check(method, draft, !account);
    setProblems({ fields });
    if (Object.keys(fields).length > 0) return;
    const given = { method: method.key, credentials: valuesOf(method, draft.values) };
    if (method.oauth) {
      const target = account ? { integration: account.id } : { label: draft.label.trim() };
      void login.begin({ target, ...given });
    } else sending.submit(given);
  };

  const change = (part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }));
    if (part.method !== undefined) {
      setProblems(NONE);
      login.cancel();
    }
  };
  const changeValue = (key: string, value: string) => {
    setDraft((before) => ({ ...before, values: { ...before.values, [key]: value } }));
    setProblems(({ fields: { [key]: _, ...fields }, form: rest }) => ({ fields, form: rest }));
  };
  const hasTyped = draft.label !== label || Object.values(draft.values).some((value) => value !== "");
  return { draft, methods, method, problems, form, login, hasTyped, isBusy, submit, change, changeValue };
}

/** Seconds until a request that was refused for its rate can be repeated. */
export function retryAfter(error: unknown): number | null {
  return error instanceof ApiError && error.status === 429 ? error.retryAfter : null;
}
