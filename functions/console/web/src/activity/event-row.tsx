import { Zap } from "lucide-react";
import { Link } from "wouter";
import type { EventRow } from "../api/types";
import { eventPage } from "../pages";
import { activity } from "../text";
import { Time } from "../ui/time";
import { Test } from "./action-row";
import styles from "./row.module.css";

/** An event as a row of a list. */
export function EventLine({ event, of }: { event: EventRow; of?: string }) {
  const { fired = 0, condition_failed = 0, disabled = 0 } = event.verdicts;
  return (
    <li>
      <Link href={eventPage(event.id)} className={styles.row}>
        <span className={styles.status}>
          <span className={styles.event}>
            <Zap size={12} aria-hidden />
            {activity.timeline.event}
          </span>
          {event.test && <Test />}
        </span>
        <span className={styles.main}>
          <span className={styles.title}>
            <strong>{event.detail_type}</strong>
            {event.order_id && (
              <>
                {" · "}
                <bdi>{event.order_id}</bdi>
              </>
            )}
          </span>
          <span className={styles.detail}>
            {event.email !== of && (
              <>
                <bdi>{event.email}</bdi>
                {" · "}
              </>
            )}
            {activity.timeline.rulesFired(fired, condition_failed + disabled)}
          </span>
        </span>
        <span className={styles.time}>
          <Time at={event.occurred_at} />
        </span>
      </Link>
    </li>
  );
}
