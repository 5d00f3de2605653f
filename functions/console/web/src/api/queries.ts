/** The reads that several pages share. Reads of one page are in its folder. */
import { queryOptions } from "@tanstack/react-query";
import { client, unwrap } from "./client";
import type { App, AppKey, Integration, Manifest, Option, Rule, Trigger } from "./types";

/** Reads a list to its end; lists of this kind are short. */
async function all<T>(page: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor?: string | null }>) {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const next = await page(cursor);
    items.push(...next.items);
    cursor = next.next_cursor ?? undefined;
  } while (cursor);
  return items;
}

const after = (cursor: string | undefined) => (cursor ? { cursor } : {});

export type CatalogApp = Omit<App, "app" | "manifest"> & { app: AppKey; manifest: Manifest };

/** Every app with its manifest, by label. */
export const appsQuery = queryOptions({
  queryKey: ["apps"],
  staleTime: 60_000,
  queryFn: async (): Promise<CatalogApp[]> => {
    const { items } = await unwrap(client.GET("/v1/apps"));
    return (items as CatalogApp[]).sort((a, b) => a.label.localeCompare(b.label));
  },
});

/** Every connected account, by label. */
export const integrationsQuery = queryOptions({
  queryKey: ["integrations"],
  queryFn: async (): Promise<Integration[]> => {
    const items = await all((cursor) => unwrap(client.GET("/v1/integrations", { params: { query: after(cursor) } })));
    return items.sort((a, b) => a.label.localeCompare(b.label));
  },
});

/** Every trigger with its definition and its condition fields. */
export const triggersQuery = queryOptions({
  queryKey: ["triggers"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async (): Promise<Trigger[]> => (await unwrap(client.GET("/v1/triggers"))).items,
});

/** Every rule of the merchant, or of an account. */
export const everyRuleQuery = (integration?: string) =>
  queryOptions({
    queryKey: ["rules", "every", integration],
    staleTime: 30_000,
    queryFn: (): Promise<Rule[]> => {
      const of = integration === undefined ? {} : { integration };
      return all((cursor) =>
        unwrap(client.GET("/v1/rules", { params: { query: { ...of, ...after(cursor), limit: 100 } } })),
      );
    },
  });

type OptionsFilter = { search?: string; parent?: string; cursor?: string; limit: number };

type OptionsPage = {
  items: Option[];
  next_cursor?: string | null;
  /** When the list was read from the app; null if it never was. */
  read_at?: string | null;
};

/** A page of the stored options of a list. */
export async function readOptions(integration: string, list: string, query: OptionsFilter): Promise<OptionsPage> {
  const params = { path: { integration, list }, query };
  return await unwrap(client.GET("/v1/integrations/{integration}/options/{list}", { params }));
}
