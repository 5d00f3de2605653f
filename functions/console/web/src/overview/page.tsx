import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { ActionRow } from "../activity/action-row";
import { isPeriod, PERIODS, type Period } from "../activity/period";
import { useParameter } from "../address";
import { useNames } from "../api/names";
import type { Summary } from "../api/types";
import { clock } from "../format/time";
import { actionPage } from "../pages";
import { overview } from "../text";
import { Failure } from "../ui/failure";
import { Page } from "../ui/page";
import { Select } from "../ui/select";
import { Rows } from "../ui/skeleton";
import { Chart } from "./chart";
import { midnight } from "./days";
import { failedSince, Needs } from "./needs";
import styles from "./page.module.css";
import { Start, useProgress } from "./start";
import { summaryQuery } from "./summary";

/** What needs the merchant, and actions over time. Before the first action, the steps that lead to it. */
export default function OverviewPage() {
  const [typed] = useParameter("period");
  const period = isPeriod(typed) ? typed : "7d";
  const { data: summary, error, isPending, refetch, isPlaceholderData } = useQuery(summaryQuery(period, Date.now()));
  const progress = useProgress();
  const isFirstRun = progress && Object.values(progress.done).includes(false);
  const isKnown = progress && !isPending;
  return (
    <Page title={overview.title} actions={isKnown && !isFirstRun && summary && <PeriodChoice period={period} />}>
      {!isKnown && !error && <Rows />}
      {isKnown && isFirstRun && <Start progress={progress} />}
      {error && !summary && <Failure error={error} retry={refetch} />}
      {isKnown && summary && !(isFirstRun && isEmpty(summary)) && (
        <div className={styles.sections} aria-busy={isPlaceholderData || undefined}>
          <Needs summary={summary} />
          <FailedToday summary={summary} />
          <Actions summary={summary} />
        </div>
      )}
    </Page>
  );
}

function isEmpty({ actions, reconnect, paused, failing_rules }: Summary): boolean {
  return actions + reconnect.length + paused.length + failing_rules.length === 0;
}

function PeriodChoice({ period }: { period: Period }) {
  const [, setPeriod] = useParameter("period");
  return (
    <div className={styles.period}>
      <Select
        label={overview.period}
        placeholder={overview.period}
        value={period}
        onChange={setPeriod}
        choices={PERIODS.map((value) => ({ value, label: overview.periods[value] }))}
      />
    </div>
  );
}

function Actions({ summary }: { summary: Summary }) {
  const { chart } = overview;
  return (
    <section aria-labelledby="actions">
      <h2 id="actions" className={styles.heading}>
        {chart.total(summary.actions, summary.exact)}
      </h2>
      {!summary.exact && summary.read_since && (
        <p className={styles.soft}>{chart.readSince(clock(summary.read_since))}</p>
      )}
      {summary.actions === 0 && <p className={styles.soft}>{chart.none}</p>}
      <Chart key={summary.bucket_seconds} summary={summary} />
    </section>
  );
}

const MOST_SHOWN = 5;

function FailedToday({ summary: { failed_today } }: { summary: Summary }) {
  const names = useNames();
  const { count, actions } = failed_today;
  if (count === 0) return null;
  const today = failedSince(midnight(Date.now()).toISOString());
  return (
    <section aria-labelledby="today" className={styles.today}>
      <header className={styles.head}>
        <h2 id="today">{overview.today.title}</h2>
        {count > MOST_SHOWN && (
          <Link href={today} className={styles.link}>
            {overview.today.all(count)}
          </Link>
        )}
      </header>
      <ul className={styles.list}>
        {actions.slice(0, MOST_SHOWN).map((action) => (
          <ActionRow key={action.id} action={action} names={names} href={actionPage(action.id)} time="changed" />
        ))}
      </ul>
    </section>
  );
}
