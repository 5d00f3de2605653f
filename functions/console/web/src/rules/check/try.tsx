import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Link, useSearchParams } from "wouter";
import { senseOf } from "../../activity/status";
import { client, unwrap } from "../../api/client";
import { ApiError, messageOf } from "../../api/problem";
import type { Action } from "../../api/types";
import { useSubmit } from "../../api/use-submit";
import { actionPage } from "../../pages";
import { rules as text } from "../../text";
import { Badge } from "../../ui/badge";
import { Button } from "../../ui/button";
import { Disclosure } from "../../ui/disclosure";
import { Field, Input } from "../../ui/field";
import { Note } from "../../ui/note";
import type { Editor } from "../use-editor";
import styles from "./check.module.css";

/** *Try it*: performs the rule's action once, for an address that the merchant types. */
export function TryPanel({ editor }: { editor: Editor }) {
  const { rule, body, isDirty } = editor;
  const [email, setEmail] = useState("");
  const [parameters] = useSearchParams();
  const isAsked = parameters.has("try");
  const [isOpen, setOpen] = useState(isAsked);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isAsked)
      requestAnimationFrame(() => {
        box.current?.focus();
        box.current?.scrollIntoView({ block: "center" });
      });
  }, [isAsked]);
  const [isEmpty, setEmpty] = useState(false);
  const trial = useSubmit({
    send: (address: string, keyOf) => {
      const contact = { email: address };
      if (rule && !isDirty) {
        const params = { path: { rule: rule.id }, header: { "idempotency-key": keyOf([rule.id, contact]) } };
        return unwrap(client.POST("/v1/rules/{rule}/try", { params, body: contact }));
      }
      const draft = { contact, rule: body, ...(rule ? { id: rule.id } : {}) };
      const params = { header: { "idempotency-key": keyOf(draft) } };
      return unwrap(client.POST("/v1/rules/try", { params, body: draft }));
    },
  });
  const outcome = useRef<HTMLDivElement>(null);
  const { status } = trial;
  useEffect(() => {
    if (status === "success" || status === "error") outcome.current?.scrollIntoView({ block: "nearest" });
  }, [status]);
  const error = trial.error instanceof ApiError ? trial.error : null;
  const start = () => {
    setEmpty(email.trim() === "");
    if (email.trim() !== "") trial.submit(email.trim());
  };
  const startByEnter = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    start();
  };
  const wrong = isEmpty ? text.try.needEmail : (error?.field("/email") ?? error?.field("/contact/email"));
  return (
    <Disclosure title={text.try.title} open={isOpen} onChange={setOpen}>
      <div className={styles.try}>
        <Field label={text.try.email} help={text.try.help} error={wrong}>
          <div className={styles.address}>
            <Input
              ref={box}
              type="email"
              autoComplete="email"
              placeholder={text.try.placeholder}
              maxLength={320}
              value={email}
              onChange={(event) => setEmail(event.target.value)}
              onKeyDown={startByEnter}
            />
            <Button onClick={start} busy={trial.isPending}>
              {trial.data ? text.try.again : text.try.button}
            </Button>
          </div>
        </Field>
        <div ref={outcome} className={styles.outcomes}>
          {trial.error && !wrong && <Note meaning="failed">{problemOf(trial.error)}</Note>}
          {trial.data?.actions.map((action) => (
            <Outcome key={action} action={action} started={trial.submittedAt} />
          ))}
        </div>
      </div>
    </Disclosure>
  );
}

function problemOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 429) return text.try.soon(error.retryAfter ?? 10);
  return messageOf(error);
}

const OFTEN = 1_000;
/** After this time the page stops to ask: something keeps the action waiting. */
const LONG = 60_000;

/** The outcome of an action, as soon as there is one. It has none before its first attempt. */
function Outcome({ action, started }: { action: string; started: number }) {
  const { data } = useQuery({
    queryKey: ["actions", "one", action],
    retry: false,
    queryFn: () =>
      unwrap(client.GET("/v1/actions/{job}", { params: { path: { job: action } } })).catch((error: unknown) => {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }),
    refetchInterval: ({ state }) => (isEnded(state.data) || Date.now() - started > LONG ? false : OFTEN),
  });
  const isLong = !data && Date.now() - started > LONG;
  return (
    <div className={styles.outcome} role="status">
      <span className={styles.test}>{text.try.test}</span>
      {data ? (
        <>
          <Badge meaning={senseOf(data.status).meaning}>{senseOf(data.status).word}</Badge>
          {data.message && <span>{data.message}</span>}
          {data.hint && <span className={styles.soft}>{data.hint}</span>}
        </>
      ) : (
        <Badge meaning="waiting">{isLong ? text.try.long : text.try.wait}</Badge>
      )}
      {(data || isLong) && (
        <Link href={actionPage(action)} className={styles.see}>
          {text.try.seeAction}
        </Link>
      )}
    </div>
  );
}

function isEnded(action: Action | null | undefined): boolean {
  return action != null && ["done", "failed", "skipped"].includes(senseOf(action.status).meaning);
}
