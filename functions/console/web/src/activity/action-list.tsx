import { useInfiniteQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { useNames } from "../api/names";
import type { Action } from "../api/types";
import { actionPage } from "../pages";
import { activity, common } from "../text";
import { Button, ButtonLink } from "../ui/button";
import { Empty } from "../ui/empty";
import { Failure } from "../ui/failure";
import { Rows } from "../ui/skeleton";
import styles from "./action-list.module.css";
import { ActionRow } from "./action-row";
import { useAnnouncement } from "./live";
import { actionsQuery } from "./queries";

export type ActionListProps = {
  integration?: string;
  /** Statuses, separated by commas. */
  status?: string;
  rule?: string;
  /** Only actions of what happened at this time or later. */
  from?: string | undefined;
  hrefOf?: (action: Action) => string;
  /** The action that is shown beside the list. */
  open?: string | undefined;
};

const pageOf = ({ id }: Action) => actionPage(id);
const sayChanges = (changed: Action[]) => activity.log.updated(changed.length);

/** The actions that match, newest first. The list stays up to date while it is open. */
export function ActionList({ integration, status, rule, from, hrefOf = pageOf, open }: ActionListProps) {
  const filters = { integration, status, rule, from };
  const isFiltered = Boolean(status || from);
  const query = useInfiniteQuery(actionsQuery(filters as { [K in keyof typeof filters]: string }));
  const names = useNames();
  const actions = query.data?.pages.flatMap(({ items }) => items);
  const announcement = useAnnouncement(query.isPlaceholderData ? undefined : actions, useCallback(sayChanges, []));

  if (query.isPending) return <Rows />;
  if (!actions) return <Failure error={query.error} retry={() => query.refetch()} />;
  if (actions.length === 0 && !query.hasNextPage) {
    if (isFiltered) return <Empty title={activity.log.noneTitle} />;
    return (
      <Empty title={activity.log.emptyTitle} action={<ButtonLink href="/rules">{activity.log.toRules}</ButtonLink>}>
        {activity.log.empty}
      </Empty>
    );
  }
  return (
    <div className={styles.container} aria-busy={query.isPlaceholderData || undefined}>
      <p role="status" className="visually-hidden">
        {announcement}
      </p>
      <ul className={styles.list} aria-label={activity.log.list}>
        {actions.map((action) => (
          <ActionRow
            key={action.id}
            action={action}
            names={names}
            href={hrefOf(action)}
            open={action.id === open}
            isInAccount={integration !== undefined}
          />
        ))}
      </ul>
      <More query={query} />
    </div>
  );
}

type MoreProps = {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; isFetchNextPageError: boolean; error: unknown } & {
    fetchNextPage: () => unknown;
  };
  label?: string | undefined;
};

/** The button that reads the next page of a list. */
export function More({ query, label = common.more }: MoreProps) {
  if (!query.hasNextPage) return null;
  return (
    <div className={styles.more}>
      {query.isFetchNextPageError && <Failure error={query.error} />}
      <Button onClick={() => query.fetchNextPage()} busy={query.isFetchingNextPage}>
        {label}
      </Button>
    </div>
  );
}
