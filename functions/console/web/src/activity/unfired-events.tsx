import { useInfiniteQuery } from "@tanstack/react-query";
import type { ComponentProps } from "react";
import type { EventRow } from "../api/types";
import { activity } from "../text";
import { Empty } from "../ui/empty";
import { Failure } from "../ui/failure";
import { Rows } from "../ui/skeleton";
import { More } from "./action-list";
import styles from "./action-list.module.css";
import { EventLine } from "./event-row";
import { unfiredQuery } from "./queries";

/** The events for which no rule fired, newest first. The page of each says why. */
export function UnfiredEvents({ from }: { from: string | undefined }) {
  const query = useInfiniteQuery(unfiredQuery(from));
  const events = query.data?.pages.flatMap(({ items }) => items);
  if (query.isPending) return <Rows />;
  if (!events) return <Failure error={query.error} retry={() => query.refetch()} />;
  if (events.length === 0 && !query.hasNextPage)
    return <Empty title={activity.unfired.none}>{activity.unfired.noneHelp}</Empty>;
  return <Events query={query} events={events} />;
}

/** The same below a log without actions, if there are any. */
export function UnfiredBelow() {
  const query = useInfiniteQuery(unfiredQuery(undefined));
  const events = query.data?.pages.flatMap(({ items }) => items) ?? [];
  if (events.length === 0) return null;
  return (
    <section className={styles.below}>
      <h2>{activity.unfired.title}</h2>
      <p className={styles.soft}>{activity.unfired.help}</p>
      <Events query={query} events={events} />
    </section>
  );
}

type EventsProps = { query: ComponentProps<typeof More>["query"] & { isPlaceholderData: boolean }; events: EventRow[] };

function Events({ query, events }: EventsProps) {
  return (
    <div className={styles.container} aria-busy={query.isPlaceholderData || undefined}>
      <ul className={styles.list} aria-label={activity.unfired.list}>
        {events.map((event) => (
          <EventLine key={event.id} event={event} />
        ))}
      </ul>
      <More query={query} />
    </div>
  );
}
