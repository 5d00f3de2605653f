import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useNames } from "../api/names";
import type { Action, TimelineEntry } from "../api/types";
import { dayOf } from "../format/time";
import { actionPage } from "../pages";
import { activity } from "../text";
import { ButtonLink } from "../ui/button";
import { Empty } from "../ui/empty";
import { Failure } from "../ui/failure";
import { Page } from "../ui/page";
import { Rows } from "../ui/skeleton";
import { More } from "./action-list";
import styles from "./action-list.module.css";
import { ActionRow } from "./action-row";
import days from "./buyer-timeline.module.css";
import { EventLine } from "./event-row";
import { useAnnouncement } from "./live";
import { timelineQuery } from "./queries";

const sayChanges = (changed: Action[]) => activity.log.updated(changed.length);

/** Everything that happened to a buyer, by day, newest first. */
export function Timeline({ email }: { email: string }) {
  const query = useInfiniteQuery(timelineQuery(email));
  const names = useNames();
  const entries = query.data?.pages.flatMap(({ items }) => items);
  const actions = entries?.flatMap(({ action }) => action ?? []);
  const announcement = useAnnouncement(actions, useCallback(sayChanges, []));
  return (
    <Page
      title={<bdi>{email}</bdi>}
      back={{ href: "/activity", label: activity.title }}
      detail={activity.timeline.showing}
    >
      <p role="status" className="visually-hidden">
        {announcement}
      </p>
      {query.isPending && <Rows />}
      {!entries && query.isError && <Failure error={query.error} retry={() => query.refetch()} />}
      {entries?.length === 0 && !query.hasNextPage && (
        <Empty
          title={activity.timeline.emptyTitle}
          action={<ButtonLink href="/activity">{activity.found.back}</ButtonLink>}
        >
          {activity.timeline.empty}
        </Empty>
      )}
      {entries && entries.length > 0 && (
        <div className={styles.container}>
          {byDay(entries).map(([day, entries]) => (
            <section key={day} className={days.day}>
              <h2 className={days.heading}>{day}</h2>
              <ul className={styles.list}>
                {entries.map(({ event, action }) =>
                  action ? (
                    <ActionRow
                      key={action.id}
                      action={action}
                      names={names}
                      href={actionPage(action.id)}
                      of={email.toLowerCase()}
                    />
                  ) : event ? (
                    <EventLine key={event.id} event={event} of={email.toLowerCase()} />
                  ) : null,
                )}
              </ul>
            </section>
          ))}
          <More query={query} />
        </div>
      )}
    </Page>
  );
}

function byDay(entries: readonly TimelineEntry[]): [string, TimelineEntry[]][] {
  const days = new Map<string, TimelineEntry[]>();
  for (const entry of entries) {
    const at = entry.action?.occurred_at ?? entry.event?.occurred_at;
    const day = at ? dayOf(at) : "";
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return [...days];
}
