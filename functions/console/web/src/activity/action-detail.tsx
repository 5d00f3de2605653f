import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { Link } from "wouter";
import { type Names, useNames, useRuleName } from "../api/names";
import type { Action } from "../api/types";
import { accountPage, buyerPage, eventPage, rulePage } from "../pages";
import { activity } from "../text";
import { AccountName } from "../ui/account-name";
import { Badge } from "../ui/badge";
import { Empty } from "../ui/empty";
import { Failure } from "../ui/failure";
import { Rows } from "../ui/skeleton";
import { Time } from "../ui/time";
import styles from "./action-detail.module.css";
import { Test } from "./action-row";
import { Steps } from "./action-steps";
import { Answer } from "./answer";
import { useAnnouncement } from "./live";
import { actionQuery, isUnknown } from "./queries";
import { attemptWord, senseOf } from "./status";

const texts = activity.action;

/** One action: its status and way out, what it belongs to, and every attempt. */
export function ActionDetail({ id }: { id: string }) {
  const { data: action, error, isPending, refetch } = useQuery(actionQuery(id));
  const names = useNames();
  const say = useCallback(
    (changed: Action[]) =>
      changed
        .map(({ app, action, status }) => texts.announce(names.action(app, action), senseOf(status).word))
        .join(" "),
    [names.action],
  );
  const announcement = useAnnouncement(action && [action], say);
  if (isPending) return <Rows count={4} />;
  if (!action && isUnknown(error)) {
    return <Empty title={texts.notFound}>{texts.notFoundHelp}</Empty>;
  }
  if (!action) return <Failure error={error} retry={refetch} />;
  return (
    <article className={styles.detail}>
      <p role="status" className="visually-hidden">
        {announcement}
      </p>
      <ActionCard action={action} names={names} />
      <Belongs action={action} names={names} />
      <section className={styles.section}>
        <h3>{texts.attempts}</h3>
        <Attempts action={action} />
      </section>
    </article>
  );
}

/** The status of an action, what it means, the app's answer, and what to do. */
export function ActionCard({ action, names, main = true }: { action: Action; names: Names; main?: boolean }) {
  const ruleName = useRuleName(action);
  const { word, meaning, explain } = senseOf(action.status);
  // The app's own hint says better what to do than the status does.
  const saysHow = meaning === "failed" && Boolean(action.hint);
  return (
    <div className={styles.card}>
      <p className={styles.badges}>
        <Badge meaning={meaning}>{word}</Badge>
        {action.test && <Test />}
        {action.next_attempt && meaning === "waiting" && (
          <span>
            {activity.row.next} <Time at={action.next_attempt} />
          </span>
        )}
      </p>
      {action.message ? (
        <p className={styles.message}>
          <Answer text={action.message} />
        </p>
      ) : (
        <p className={styles.soft}>{explain}</p>
      )}
      {action.hint && (
        <p>
          <Answer text={action.hint} />
        </p>
      )}
      {action.message && meaning !== "done" && !saysHow && <p className={styles.soft}>{explain}</p>}
      <Steps action={action} names={names} hasRule={ruleName !== null} main={main} />
    </div>
  );
}

function Belongs({ action, names }: { action: Action; names: Names }) {
  const ruleName = useRuleName(action);
  const account = action.integration_label ?? null;
  return (
    <dl className={styles.facts}>
      <dt>{texts.buyer}</dt>
      <dd>
        <Link href={buyerPage(action.email)} className={styles.link}>
          <bdi>{action.email}</bdi>
        </Link>
      </dd>
      <dt>{texts.rule}</dt>
      <dd>
        {ruleName === null ? (
          (action.test && texts.draftRule) || texts.deletedRule
        ) : (
          <Link href={rulePage(action.rule)} className={styles.link}>
            <bdi>{ruleName ?? action.rule}</bdi>
          </Link>
        )}
      </dd>
      <dt>{texts.account}</dt>
      <dd>
        {account === null ? (
          `${names.app(action.app)} · ${texts.deletedAccount}`
        ) : (
          <AccountName
            app={names.app(action.app)}
            label={account}
            link={{ href: accountPage(action.integration), className: styles.link }}
          />
        )}
      </dd>
      <dt>{texts.trigger}</dt>
      <dd>{names.trigger(action.trigger)}</dd>
      <dt>{activity.timeline.event}</dt>
      <dd>
        <Link href={eventPage(action.event)} className={styles.link}>
          {texts.event}
        </Link>
      </dd>
      <dt>{texts.happened}</dt>
      <dd>
        <Time at={action.occurred_at} />
      </dd>
      <dt>{texts.changed}</dt>
      <dd>
        <Time at={action.updated_at} />
      </dd>
      <dt>{texts.id}</dt>
      <dd>
        <code>{action.id}</code>
      </dd>
    </dl>
  );
}

/** Every attempt, newest first, with the app's answer. */
export function Attempts({ action }: { action: Action }) {
  if (action.history.length === 0) return <p className={styles.soft}>{texts.noAttempts}</p>;
  const attempts = action.history.map((attempt, at) => ({ ...attempt, number: at + 1 })).reverse();
  return (
    <ol className={styles.attempts} reversed>
      {attempts.map(({ at, status, message, number }) => (
        <li key={`${at} ${number}`} className={styles.attempt}>
          <span className={styles.attemptHead}>
            <Badge meaning={senseOf(status).meaning}>{attemptWord(status)}</Badge>
            <span className="visually-hidden">{texts.attempt(number)}</span>
            <span className={styles.soft}>
              <Time at={at} />
            </span>
          </span>
          {message && (
            <p>
              <Answer text={message} />
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}
