/** The reads of the Apps pages. */
import { queryOptions } from "@tanstack/react-query";
import { client, unwrap, withEtag } from "../api/client";
import { all } from "../api/queries";
import type { Integration, Option, Rule } from "../api/types";
import type { Options } from "./options";

const MOST_COMPARED = 500;

/** One account with its version. */
export const accountQuery = (id: string) =>
  queryOptions({
    queryKey: ["integrations", id],
    queryFn: async (): Promise<{ data: Integration; etag: string }> =>
      withEtag(client.GET("/v1/integrations/{integration}", { params: { path: { integration: id } } })),
  });

/** The reason why an account's connection is not tested; kept for its page until a test succeeds. */
export const untestedKey = (id: string) => ["untested", id] as const;

/** The rules of an account. */
export const rulesOfQuery = (integration: string) =>
  queryOptions({
    queryKey: ["rules", "of", integration],
    queryFn: (): Promise<Rule[]> =>
      all((cursor) =>
        unwrap(
          client.GET("/v1/rules", { params: { query: { integration, limit: 100, ...(cursor ? { cursor } : {}) } } }),
        ),
      ),
  });

/** The stored options of a list, with as many requests as a comparison is worth. */
export async function readOptions(integration: string, list: string): Promise<Options> {
  const options: Option[] = [];
  let cursor: string | undefined;
  do {
    const query = cursor ? { limit: 100, cursor } : { limit: 100 };
    const params = { path: { integration, list }, query };
    const page = await unwrap(client.GET("/v1/integrations/{integration}/options/{list}", { params }));
    options.push(...page.items);
    cursor = page.next_cursor ?? undefined;
    if (options.length > MOST_COMPARED) return null;
  } while (cursor);
  return options;
}
