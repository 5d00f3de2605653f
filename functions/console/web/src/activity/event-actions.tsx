import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { type Names, useRuleNames } from "../api/names";
import { useCanWrite } from "../api/permission";
import { messageOf } from "../api/problem";
import type { Action, Event, Unstarted } from "../api/types";
import { plural } from "../format/money";
import { actionPage } from "../pages";
import { activity } from "../text";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Disclosure } from "../ui/disclosure";
import { ActionCard, Attempts } from "./action-detail";
import { ActionName } from "./action-name";
import { ActionRow } from "./action-row";
import { useRetry } from "./action-steps";
import { Answer } from "./answer";
import styles from "./event-actions.module.css";
import type { FactInWords } from "./event-words";
import { senseOf } from "./status";

const texts = activity.event;
const MOST_SHOWN = 20;
/** Actions that need the merchant come first. */
const ORDER = ["needs", "failed", "waiting", "done", "skipped"];

type Props = { event: Event; fact: FactInWords; names: Names };

/** The actions of an event: first the actions that need the merchant. */
export function EventActions({ event, fact, names }: Props) {
  const [all, setAll] = useState(false);
  const actions = [...event.actions].sort(
    (a, b) => ORDER.indexOf(senseOf(a.status).meaning) - ORDER.indexOf(senseOf(b.status).meaning),
  );
  const isEmpty = actions.length + event.not_started.length === 0;
  const timer = event.event.timer?.state;
  const waits = timer === "waiting" || timer === "joined";
  const shown = all ? actions : actions.slice(0, MOST_SHOWN);
  const lineOf = (line: string | null | undefined) =>
    fact.lines.length > 1 ? fact.lines.find(({ id }) => id === line)?.name : undefined;
  return (
    <section className={styles.section}>
      <h2>{texts.actions}</h2>
      {isEmpty && <p className={styles.none}>{waits ? texts.noActionsYet : texts.noActions}</p>}
      <ul className={styles.actions}>
        {event.not_started.map((action) => (
          <NotStarted key={action.id} action={action} test={event.event.test} />
        ))}
        {shown.map((action) =>
          isSettled(action) ? (
            <ActionRow
              key={action.id}
              action={action}
              names={names}
              href={actionPage(action.id)}
              of={event.event.email}
              time="changed"
            />
          ) : (
            <li key={action.id} className={styles.action}>
              <Title action={action} names={names} line={lineOf(action.line)} />
              <ActionCard action={action} names={names} main={action === shown[0]} />
              {action.history.length > 1 && (
                <Disclosure
                  look="quiet"
                  title={plural(action.history.length, "attempt")}
                  open={senseOf(action.status).meaning === "failed"}
                >
                  <Attempts action={action} />
                </Disclosure>
              )}
            </li>
          ),
        )}
      </ul>
      {shown.length < actions.length && <Button onClick={() => setAll(true)}>{texts.showAll(actions.length)}</Button>}
    </section>
  );
}

/** Whether an action needs no room for a way out. */
function isSettled({ status }: Action): boolean {
  const { meaning } = senseOf(status);
  return meaning === "done" || meaning === "skipped";
}

function Title({ action, names, line }: { action: Action; names: Names; line: string | undefined }) {
  const account = action.integration_label;
  return (
    <h3 className={styles.title}>
      <Link href={actionPage(action.id)} className={styles.name}>
        <ActionName action={action} names={names} />
      </Link>{" "}
      <span className={styles.where}>
        {activity.row.inAccount} {account ? <bdi>{account}</bdi> : names.app(action.app)}
        {" · "}
        <bdi>{action.email}</bdi>
        {line && (
          <>
            {" · "}
            <bdi>{line}</bdi>
          </>
        )}
      </span>
    </h3>
  );
}

function NotStarted({ action, test }: { action: Unstarted; test: boolean }) {
  const canWrite = useCanWrite();
  const retry = useRetry();
  const ruleName = useRuleNames()(action.rule);
  return (
    <li className={styles.action}>
      <h3 className={styles.title}>
        <bdi>{ruleName ?? (test ? activity.action.draftRule : activity.action.deletedRule)}</bdi>
      </h3>
      <p>
        <Badge meaning="waiting">{texts.notStarted}</Badge>
      </p>
      <p className={styles.where}>{action.late ? texts.lateHelp : texts.notStartedHelp}</p>
      {action.late && canWrite && (
        <p>
          <Button icon={RotateCcw} busy={retry.isPending} onClick={() => retry.submit(action.id)}>
            {activity.steps.retry}
          </Button>
        </p>
      )}
      {retry.isError && (
        <p role="alert">
          <Answer text={messageOf(retry.error)} />
        </p>
      )}
    </li>
  );
}
