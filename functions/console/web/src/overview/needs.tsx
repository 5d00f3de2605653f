import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { Answer } from "../activity/answer";
import { stepToFix } from "../activity/status";
import { useNames, useRuleNames } from "../api/names";
import { useCanWrite } from "../api/permission";
import type { Summary } from "../api/types";
import { waitsInWords } from "../format/waits";
import { accountPage, actionPage, logPage, rulePage } from "../pages";
import { activity, overview } from "../text";
import { AccountName } from "../ui/account-name";
import { Button } from "../ui/button";
import type { Meaning } from "../ui/shape";
import { Shape } from "../ui/shape";
import { Time } from "../ui/time";
import styles from "./needs.module.css";

const texts = overview.needs;
const FAILED = "rejected,exhausted";

/** What needs the merchant, first what holds most back; each with its way out. */
export function Needs({ summary }: { summary: Summary }) {
  const { reconnect, failing_rules, paused } = summary;
  const isQuiet = reconnect.length + failing_rules.length + paused.length === 0;
  return (
    <section aria-labelledby="needs">
      <h2 id="needs">{texts.title}</h2>
      {isQuiet && (
        <p className={styles.quiet}>
          <Shape meaning="done" />
          {texts.nothing}
        </p>
      )}
      <ul className={styles.list}>
        {reconnect.map((account, index) => (
          <Reconnect key={account.integration} account={account} isFirst={index === 0} />
        ))}
        {failing_rules.map((rule) => (
          <FailingRule key={rule.rule} rule={rule} />
        ))}
        {paused.map((pause) => (
          <Paused key={`${pause.app} ${pause.integration}`} pause={pause} />
        ))}
      </ul>
    </section>
  );
}

type ItemProps = { meaning: Meaning; title: ReactNode; actions: ReactNode; children: ReactNode };

function Item({ meaning, title, actions, children }: ItemProps) {
  return (
    <li className={styles.item}>
      <Shape meaning={meaning} />
      <div className={styles.text}>
        <p className={styles.title}>{title}</p>
        {children}
      </div>
      <div className={styles.actions}>{actions}</div>
    </li>
  );
}

/** Why something needs the merchant, and what resolves it. */
function Reasons({ texts }: { texts: readonly (string | null | undefined)[] }) {
  return texts.map(
    (text) =>
      text && (
        <p key={text} className={styles.soft}>
          <Answer text={text} />
        </p>
      ),
  );
}

function Reconnect({ account, isFirst }: { account: Summary["reconnect"][number]; isFirst: boolean }) {
  const [, navigate] = useLocation();
  const names = useNames();
  const canWrite = useCanWrite();
  const { since, reason, hint, waits } = account;
  return (
    <Item
      meaning="needs"
      title={<AccountName app={names.app(account.app)} label={account.label} />}
      actions={
        <Button
          look={canWrite && isFirst ? "primary" : "secondary"}
          onClick={() => navigate(accountPage(account.integration))}
        >
          {canWrite ? activity.steps.reconnect(names.app(account.app)) : activity.steps.seeAccount}
        </Button>
      }
    >
      <p>
        {texts.reconnect}
        {since && (
          <>
            {" "}
            {texts.since} <Time at={since} kind="moment" />
          </>
        )}
        {" · "}
        {waitsInWords(waits)}
      </p>
      <Reasons texts={[reason, hint]} />
    </Item>
  );
}

function FailingRule({ rule }: { rule: Summary["failing_rules"][number] }) {
  const [, navigate] = useLocation();
  const canWrite = useCanWrite();
  const nameOf = useRuleNames({ enabled: !rule.name });
  const { last } = rule;
  const step = stepToFix(last.fix);
  const hasWayOut = step === "see-account" || (step === "edit-rule" && rule.exists);
  return (
    <Item
      meaning="failed"
      title={rule.exists ? <bdi>{rule.name ?? nameOf(rule.rule)}</bdi> : texts.deletedRule}
      actions={
        <>
          {step === "edit-rule" && rule.exists && (
            <Button onClick={() => navigate(rulePage(rule.rule))}>
              {canWrite ? activity.steps.editRule : activity.steps.seeRule}
            </Button>
          )}
          {step === "see-account" && (
            <Button onClick={() => navigate(accountPage(last.integration))}>{activity.steps.seeAccount}</Button>
          )}
          <Button
            look={hasWayOut ? "quiet" : "secondary"}
            onClick={() => navigate(logPage({ status: FAILED, rule: rule.rule }))}
          >
            {texts.seeActions}
          </Button>
        </>
      }
    >
      <p>
        {texts.failing(rule.count)} ·{" "}
        <Link href={actionPage(last.action)} className={styles.link}>
          {texts.last} <Time at={last.at} />
        </Link>
      </p>
      <Reasons texts={[last.message, last.hint]} />
    </Item>
  );
}

function Paused({ pause }: { pause: Summary["paused"][number] }) {
  const [, navigate] = useLocation();
  const names = useNames();
  const { integration, label, until, note, waiting, next_attempt } = pause;
  const waits = logPage({ status: "retrying,rate_limited,held", integration });
  return (
    <Item
      meaning="waiting"
      title={<AccountName app={names.app(pause.app)} label={label} />}
      actions={<Button onClick={() => navigate(waits)}>{texts.seeActions}</Button>}
    >
      <p>
        {texts.paused}
        {until && (
          <>
            {" "}
            {texts.pausedUntil} <Time at={until} kind="moment" />
          </>
        )}
        {" · "}
        {texts.waiting(waiting)}
        {next_attempt && (
          <>
            {" · "}
            {texts.nextAttempt} <Time at={next_attempt} />
          </>
        )}
      </p>
      <p className={styles.soft}>
        {note ? <bdi>{note}</bdi> : pause.cause === "operator" ? texts.operatorPause : texts.failuresPause}
      </p>
    </Item>
  );
}

/** The link to what ended without success since a time. */
export function failedSince(at: string): string {
  return logPage({ status: FAILED, since: at });
}
