import { useInfiniteQuery } from "@tanstack/react-query";
import { activity } from "../text";
import { ButtonLink } from "../ui/button";
import { Empty } from "../ui/empty";
import { Failure } from "../ui/failure";
import { Page } from "../ui/page";
import { Rows } from "../ui/skeleton";
import { Words } from "../ui/words";
import { More } from "./action-list";
import styles from "./action-list.module.css";
import { EventLine } from "./event-row";
import { foundQuery } from "./queries";

/** The events of an order or, if there is no such order, events with the text. */
export function Found({ text }: { text: string }) {
  const query = useInfiniteQuery(foundQuery(text));
  const events = query.data?.pages.flatMap(({ items }) => items);
  const isOrder = query.data?.pages[0]?.by !== "q";
  return (
    <Page
      title={activity.found.title}
      back={{ href: "/activity", label: activity.title }}
      detail={<Words of={isOrder ? activity.found.orderEvents(text) : activity.found.events(text)} />}
    >
      {query.isPending && <Rows />}
      {!events && query.isError && <Failure error={query.error} retry={() => query.refetch()} />}
      {events?.length === 0 && (
        <Empty
          title={activity.found.emptyTitle}
          action={<ButtonLink href="/activity">{activity.found.back}</ButtonLink>}
        >
          {activity.found.empty}
        </Empty>
      )}
      {events && (
        <div className={styles.container}>
          <ul className={events.length > 0 ? styles.list : undefined}>
            {events.map((event) => (
              <EventLine key={event.id} event={event} />
            ))}
          </ul>
          <More query={query} label={events.length === 0 ? activity.found.searching : undefined} />
        </div>
      )}
    </Page>
  );
}
