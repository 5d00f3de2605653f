/** The reads of the Apps pages. */
import { queryOptions } from "@tanstack/react-query";
import { client, withEtag } from "../api/client";
import { readOptions } from "../api/queries";
import type { Integration, Option } from "../api/types";
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

/** Every stored option of a list; null if it was never read, or has more than a comparison is worth. */
export async function everyOption(integration: string, list: string): Promise<Options> {
  const options: Option[] = [];
  let cursor: string | undefined;
  do {
    const page = await readOptions(integration, list, { limit: 100, ...(cursor ? { cursor } : {}) });
    if (page.read_at === null) return null;
    options.push(...page.items);
    cursor = page.next_cursor ?? undefined;
    if (options.length > MOST_COMPARED) return null;
  } while (cursor);
  return options;
}
