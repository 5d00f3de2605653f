/** The reads of Activity. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client, unwrap } from "../api/client";
import { ApiError } from "../api/problem";
import type { Action, Event, EventRow, Explanation, TimelineEntry } from "../api/types";
import { isMoving, pollEvery } from "./live";
import { isOpen } from "./status";

export type Filters = { status?: string; integration?: string; rule?: string; from?: string };

type Page<T> = { items: T[]; next_cursor?: string | null };

const PAGE = 50;
const paged = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next_cursor }: { next_cursor?: string | null }) => next_cursor ?? undefined,
  placeholderData: keepPreviousData,
};

/** The parameters that have a value; the API refuses empty ones. */
export function given<T extends Record<string, string | undefined>>(parameters: T): { [K in keyof T]?: string } {
  const named = Object.entries(parameters).filter(([, value]) => value);
  return Object.fromEntries(named) as { [K in keyof T]?: string };
}

/** Reads pages until one has results: a page may be empty while more follow. */
async function firstFull<T>(read: (cursor: string | undefined) => Promise<Page<T>>, cursor: string | undefined) {
  const MOST_EMPTY = 5;
  let page = await read(cursor);
  for (let empty = 1; page.items.length === 0 && page.next_cursor && empty < MOST_EMPTY; empty += 1) {
    page = await read(page.next_cursor);
  }
  return page;
}

export const actionsQuery = (filters: Filters) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: ["actions", "list", given(filters)],
    queryFn: ({ pageParam }): Promise<Page<Action>> =>
      firstFull(
        (cursor) =>
          unwrap(client.GET("/v1/actions", { params: { query: { ...given({ ...filters, cursor }), limit: PAGE } } })),
        pageParam,
      ),
    refetchInterval: ({ state: { data } }) =>
      pollEvery(
        data?.pages.some(({ items }) => items.some(({ status }) => isOpen(status))) ?? false,
        data?.pages.length,
      ),
  });

export const timelineQuery = (email: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: ["actions", "timeline", email],
    queryFn: ({ pageParam }): Promise<Page<TimelineEntry>> =>
      unwrap(
        client.GET("/v1/buyers/timeline", {
          params: { query: { email, ...given({ cursor: pageParam }), limit: PAGE } },
        }),
      ),
    refetchInterval: ({ state: { data } }) =>
      pollEvery(
        data?.pages.some(({ items }) => items.some(({ action }) => action && isOpen(action.status))) ?? false,
        data?.pages.length,
      ),
  });

/** Events of an order or, if there are none, events with the text. */
export const foundQuery = (text: string) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: ["events", "found", text],
    initialPageParam: { by: "order_id" as "order_id" | "q", cursor: undefined as string | undefined },
    queryFn: async ({ pageParam: { by, cursor } }): Promise<Page<EventRow> & { by: "order_id" | "q" }> => {
      const read = (by: "order_id" | "q") => (cursor: string | undefined) =>
        unwrap(client.GET("/v1/events", { params: { query: { [by]: text, ...given({ cursor }), limit: PAGE } } }));
      const page = await firstFull(read(by), cursor);
      if (by === "q" || cursor || page.items.length > 0 || page.next_cursor) return { ...page, by };
      return { ...(await firstFull(read("q"), undefined)), by: "q" };
    },
    getNextPageParam: ({ by, next_cursor }) => (next_cursor ? { by, cursor: next_cursor } : undefined),
  });

/** Events for which no rule fired. */
export const unfiredQuery = (from: string | undefined) =>
  infiniteQueryOptions({
    ...paged,
    queryKey: ["events", "unfired", from],
    queryFn: ({ pageParam }): Promise<Page<EventRow>> =>
      firstFull(
        (cursor) =>
          unwrap(
            client.GET("/v1/events", { params: { query: { fired: false, ...given({ from, cursor }), limit: PAGE } } }),
          ),
        pageParam,
      ),
    refetchInterval: ({ state: { data } }) => pollEvery(false, data?.pages.length),
  });

export const actionQuery = (id: string) =>
  queryOptions({
    queryKey: ["actions", "one", id],
    queryFn: (): Promise<Action> => unwrap(client.GET("/v1/actions/{job}", { params: { path: { job: id } } })),
    refetchInterval: ({ state: { data, error } }) =>
      // A test has no record before its first attempt.
      pollEvery(data ? isOpen(data.status) : error instanceof ApiError && error.status === 404),
  });

export const eventQuery = (id: string) =>
  queryOptions({
    queryKey: ["events", "one", id],
    queryFn: (): Promise<Event> => unwrap(client.GET("/v1/events/{event}", { params: { path: { event: id } } })),
    refetchInterval: ({ state: { data } }) => pollEvery(data ? isMoving(data) : false),
  });

export const explanationQuery = (id: string) =>
  queryOptions({
    queryKey: ["events", "explanation", id],
    queryFn: (): Promise<Explanation> =>
      unwrap(client.GET("/v1/events/{event}/explanation", { params: { path: { event: id } } })),
    refetchInterval: () => pollEvery(false),
  });

/** Whether an object does not exist, or its id is none that the API has. */
export function isUnknown(error: unknown): boolean {
  return error instanceof ApiError && [400, 404, 422].includes(error.status);
}
