import { queryOptions, useQuery } from "@tanstack/react-query";
import { client, unwrap } from "./client";

const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
  queryFn: () => unwrap(client.GET("/v1/session")),
});

/** Whether the session can log in at an app, which needs an origin; true until the server says that it cannot. */
export function useCanLogIn(): boolean {
  return useQuery(sessionQuery).data?.origin !== null;
}

/** Whether the session may change anything; true until the server says that it may not. */
export function useCanWrite(): boolean {
  return useQuery(sessionQuery).data?.permission !== "read";
}
