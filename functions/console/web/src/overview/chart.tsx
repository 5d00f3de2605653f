import { Tooltip } from "@base-ui/react/tooltip";
import { type KeyboardEvent, useState } from "react";
import { Link } from "wouter";
import { GROUPS } from "../activity/status";
import type { Summary } from "../api/types";
import { count } from "../format/money";
import { clock, dayOf } from "../format/time";
import { logPage } from "../pages";
import { activity, overview } from "../text";
import { classes } from "../ui/classes";
import { Shape } from "../ui/shape";
import styles from "./chart.module.css";
import { type Bar, barsOf, type Part, partsOf } from "./chart-data";

const texts = overview.chart;
const DAY = 86_400;
/** So many bars have room for a label each. */
const MOST_LABELS = 8;

/** Actions over time by their results, as stacked bars; a table says the same to screen readers. */
export function Chart({ summary }: { summary: Summary }) {
  const { bars, top } = barsOf(summary.buckets);
  const labelOf = (at: string) => (summary.bucket_seconds >= DAY ? dayOf(at) : clock(at));
  const isEach = bars.length <= MOST_LABELS;
  const labeled = isEach ? bars : bars.filter((_, number) => number === 0 || number === bars.length - 1);
  return (
    <figure className={styles.chart}>
      <Legend summary={summary} />
      <div className={styles.plot} aria-hidden={summary.actions === 0}>
        <span className={styles.top} aria-hidden>
          {count(top)}
        </span>
        <span className={styles.half} aria-hidden>
          {count(top / 2)}
        </span>
        <Bars bars={bars} labelOf={labelOf} />
      </div>
      <div className={classes(styles.axis, isEach && styles.each)} aria-hidden>
        {labeled.map(({ start }) => (
          <span key={start}>{labelOf(start)}</span>
        ))}
      </div>
      <Table bars={bars} labelOf={labelOf} />
    </figure>
  );
}

function Legend({ summary }: { summary: Summary }) {
  return (
    <ul className={styles.legend}>
      {partsOf(summary.statuses).map(({ meaning, count: actions }) => {
        const statuses = GROUPS.find((group) => group.meaning === meaning)?.statuses ?? [];
        return (
          <li key={meaning}>
            <Link href={logPage({ status: statuses.join(","), since: summary.since })} className={styles.entry}>
              <Shape meaning={meaning} />
              {activity.groups[meaning]} <span className={styles.count}>{count(actions)}</span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

type BarsProps = { bars: readonly Bar[]; labelOf: (at: string) => string };

/** One stop for the Tab key; the arrow keys move between the bars. */
function Bars({ bars, labelOf }: BarsProps) {
  const [current, setCurrent] = useState(bars.length - 1);
  const at = Math.min(current, bars.length - 1);
  const move = (event: KeyboardEvent<HTMLElement>) => {
    const steps: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 };
    const next = steps[event.key];
    if (next === undefined || next < 0 || next >= bars.length) return;
    event.preventDefault();
    setCurrent(next);
    const target = event.currentTarget.children[next];
    if (target instanceof HTMLElement) target.focus();
  };
  return (
    <Tooltip.Provider delay={0} closeDelay={0}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys move the focus between the bars */}
      <div className={styles.bars} onKeyDown={move}>
        {bars.map((bar, number) => (
          <Tooltip.Root key={bar.start}>
            <Tooltip.Trigger
              className={styles.bar}
              tabIndex={number === at ? 0 : -1}
              onFocus={() => setCurrent(number)}
              aria-label={texts.bar(labelOf(bar.start), wordsOf(bar.parts))}
            >
              <Stack bar={bar} />
            </Tooltip.Trigger>
            <Tooltip.Portal>
              <Tooltip.Positioner sideOffset={6} className={styles.positioner}>
                <Tooltip.Popup className={styles.tooltip}>
                  <strong>{labelOf(bar.start)}</strong>
                  {bar.parts.length === 0 && <p>{texts.noneHere}</p>}
                  {bar.parts.map(({ meaning, count: actions }) => (
                    <p key={meaning} className={styles.tip}>
                      <Shape meaning={meaning} />
                      {activity.groups[meaning]} <span className={styles.count}>{count(actions)}</span>
                    </p>
                  ))}
                </Tooltip.Popup>
              </Tooltip.Positioner>
            </Tooltip.Portal>
          </Tooltip.Root>
        ))}
      </div>
    </Tooltip.Provider>
  );
}

function Stack({ bar }: { bar: Bar }) {
  return (
    <svg className={styles.stack} viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden>
      <title>{bar.start}</title>
      {bar.parts.map(({ meaning, top, height }) => (
        <rect
          key={meaning}
          x="0"
          width="10"
          y={top}
          height={height}
          className={classes(styles.part, styles[meaning])}
        />
      ))}
    </svg>
  );
}

function wordsOf(parts: readonly Part[]): string {
  if (parts.length === 0) return texts.noneHere;
  return parts.map(({ meaning, count: actions }) => `${activity.groups[meaning]} ${count(actions)}`).join(", ");
}

function Table({ bars, labelOf }: BarsProps) {
  const columns = GROUPS.filter(({ meaning }) =>
    bars.some(({ parts }) => parts.some((part) => part.meaning === meaning)),
  );
  return (
    <div className="visually-hidden">
      <table>
        <caption>{texts.table}</caption>
        <thead>
          <tr>
            <th scope="col">{texts.time}</th>
            {columns.map(({ meaning, label }) => (
              <th key={meaning} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars.map(({ start, parts }) => (
            <tr key={start}>
              <th scope="row">{labelOf(start)}</th>
              {columns.map(({ meaning }) => (
                <td key={meaning}>{count(parts.find((part) => part.meaning === meaning)?.count ?? 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
