/** What the session may do. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import type { Client } from "openapi-fetch";
import { client, unwrap } from "./client";
import type { Session } from "./types";

// from the document when it has it
type Coming = {
  "/v1/session": { get: { responses: { 200: { content: { "application/json": Session } } } } };
};

const sessionQuery = queryOptions({
  queryKey: ["session"],
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
  queryFn: () => unwrap((client as unknown as Client<Coming>).GET("/v1/session")),
});

/** Whether the session may change something. True until the API has said otherwise. */
export function useCanWrite(): boolean {
  return useQuery(sessionQuery).data?.permission !== "read";
}
