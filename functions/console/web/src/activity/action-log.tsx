import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ArrowLeft, X } from "lucide-react";
import { useEffect, useLayoutEffect, useRef } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { useParameter } from "../address";
import { useNames } from "../api/names";
import { actionPage } from "../pages";
import { activity } from "../text";
import { IconButton } from "../ui/button";
import { Page } from "../ui/page";
import { ActionDetail } from "./action-detail";
import { ActionList } from "./action-list";
import styles from "./action-log.module.css";
import { ActionName } from "./action-name";
import { ExportButton } from "./export-button";
import { Filters, useIsUnfired } from "./filters";
import { beginOf } from "./period";
import { actionQuery, actionsQuery } from "./queries";
import { parseStatuses } from "./status";
import { UnfiredBelow, UnfiredEvents } from "./unfired-events";

/** The Action Log. On wide windows an open action is beside the list, on others it has the page. */
export function Log({ open }: { open?: string | undefined }) {
  const filters = useFilters();
  const isUnfired = useIsUnfired();
  const query = useSearch();
  const [, navigate] = useLocation();
  const withFilters = (path: string) => (query ? `${path}?${query}` : path);
  const back = withFilters("/activity");
  const keepPlace = usePlace(open);
  const { data, hasNextPage } = useInfiniteQuery(actionsQuery(filters));
  const isEmpty = query === "" && !hasNextPage && data?.pages.every(({ items }) => items.length === 0);
  return (
    <div className={styles.log} data-open={open ? "" : undefined} onClickCapture={keepPlace}>
      <Page title={activity.title}>
        {!isEmpty && (
          <div className={styles.filters}>
            <Filters />
            {!isUnfired && <ExportButton filters={filters} />}
          </div>
        )}
        <div className={styles.split}>
          <div className={styles.list}>
            {isUnfired ? (
              <UnfiredEvents from={filters.from} />
            ) : (
              <ActionList {...filters} open={open} hrefOf={({ id }) => withFilters(actionPage(id))} />
            )}
            {isEmpty && <UnfiredBelow />}
          </div>
          {open && (
            <aside className={styles.open} aria-label={activity.action.title}>
              <Link href={back} className={styles.back}>
                <ArrowLeft size={16} aria-hidden />
                {activity.action.back}
              </Link>
              <header className={styles.head}>
                <Heading key={open} id={open} />
                <span className={styles.close}>
                  <IconButton icon={X} label={activity.log.close} onClick={() => navigate(back)} />
                </span>
              </header>
              <ActionDetail key={open} id={open} />
            </aside>
          )}
        </div>
      </Page>
    </div>
  );
}

const isBeside = () => matchMedia("(min-width: 960px)").matches;

/** The list keeps its place beside an open action, and has it again when the action is closed. */
function usePlace(open: string | undefined): () => void {
  const place = useRef(0);
  useLayoutEffect(() => {
    scrollTo({ top: open && !isBeside() ? 0 : place.current });
  }, [open]);
  return () => {
    if (!open || isBeside()) place.current = scrollY;
  };
}

/** Takes the focus where the list that had it is no longer shown. */
function Heading({ id }: { id: string }) {
  const names = useNames();
  const { data: action } = useQuery(actionQuery(id));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!document.activeElement?.checkVisibility() || document.activeElement === document.body) {
      heading.current?.focus({ preventScroll: true });
    }
  }, []);
  return (
    <h2 ref={heading} tabIndex={-1} className={styles.heading}>
      {action ? <ActionName action={action} names={names} /> : activity.action.title}
    </h2>
  );
}

function useFilters() {
  const [status] = useParameter("status");
  const [integration] = useParameter("integration");
  const [rule] = useParameter("rule");
  const [since] = useParameter("since");
  const from = beginOf(since, Date.now());
  return {
    ...(status ? { status: parseStatuses(status).join(",") } : {}),
    ...(integration ? { integration } : {}),
    ...(rule ? { rule } : {}),
    ...(from ? { from } : {}),
  };
}
