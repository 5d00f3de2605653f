/** What the overview reads. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { pollEvery } from "../activity/live";
import type { Period } from "../activity/period";
import { client, unwrap } from "../api/client";
import type { Summary } from "../api/types";
import { midnight, sinceOf } from "./days";

/** The Action Log of a period by time and status, and what needs the merchant. */
export function summaryQuery(period: Period, now: number) {
  const query = { since: sinceOf(period, now).toISOString(), today: midnight(now).toISOString() };
  return queryOptions({
    queryKey: ["summary", query],
    queryFn: (): Promise<Summary> => unwrap(client.GET("/v1/summary", { params: { query } })),
    placeholderData: keepPreviousData,
    refetchInterval: () => pollEvery(false),
  });
}

/** Whether there is a rule and an action, and the rule to try. */
export const progressQuery = queryOptions({
  queryKey: ["rules", "progress"],
  queryFn: async (): Promise<{ rule: string | null; hasAction: boolean }> => {
    const [rules, actions] = await Promise.all([
      unwrap(client.GET("/v1/rules", { params: { query: { limit: 1 } } })),
      unwrap(client.GET("/v1/actions", { params: { query: { limit: 1 } } })),
    ]);
    return { rule: rules.items[0]?.id ?? null, hasAction: actions.items.length > 0 || Boolean(actions.next_cursor) };
  },
  refetchInterval: ({ state: { data } }) => (data?.hasAction ? false : pollEvery(true)),
});
