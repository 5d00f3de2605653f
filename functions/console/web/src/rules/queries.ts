/** The reads of the rules pages. */
import { infiniteQueryOptions, keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { client, unwrap } from "../api/client";
import { appsQuery, integrationsQuery, triggersQuery } from "../api/queries";
import type { Product, Rule } from "../api/types";
import type { Catalog } from "./draft";

/** The filters that the server applies. */
export type ServerFilter = {
  integration?: string;
  product?: string;
  include_global?: boolean;
  scope?: "global" | "products";
  enabled?: boolean;
};

export type RulesPage = { items: Rule[]; next_cursor?: string | null };

export const RULES = ["rules"];
export const RULE_LISTS = [...RULES, "list"];

const PAGE = 100;

export const rulesQuery = (filter: ServerFilter) =>
  infiniteQueryOptions({
    queryKey: [...RULE_LISTS, filter],
    initialPageParam: "",
    queryFn: ({ pageParam }): Promise<RulesPage> => {
      const query = { ...filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return unwrap(client.GET("/v1/rules", { params: { query } }));
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export function readRule(rule: string): Promise<Rule> {
  return unwrap(client.GET("/v1/rules/{rule}", { params: { path: { rule } } }));
}

/** The version that a form begins with. It is read once: a form does not change under the person who fills it. */
export const ruleQuery = (rule: string) =>
  queryOptions({
    queryKey: [...RULES, "one", rule],
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => readRule(rule),
  });

export const lastFiredQuery = (rule: string) =>
  queryOptions({
    queryKey: [...RULES, "last-fired", rule],
    queryFn: () => unwrap(client.GET("/v1/rules/{rule}/last-fired", { params: { path: { rule } } })),
  });

export const productQuery = (product: string) =>
  queryOptions({
    queryKey: ["products", "one", product],
    staleTime: 60_000,
    queryFn: async (): Promise<Product | null> => {
      const query = { product_id: product };
      const { items } = await unwrap(client.GET("/v1/products", { params: { query } }));
      return items[0] ?? null;
    },
  });

export const productsQuery = (search: string) =>
  queryOptions({
    queryKey: ["products", "search", search],
    staleTime: 30_000,
    placeholderData: keepPreviousData,
    queryFn: async (): Promise<Product[]> => {
      const query = { limit: 100, ...(search ? { search } : {}) };
      return (await unwrap(client.GET("/v1/products", { params: { query } }))).items;
    },
  });

/** Everything that a rule's words come from; undefined until it is read. A later read that fails changes nothing. */
export function useCatalog(): { catalog: Catalog | undefined; error: unknown; retry: () => void } {
  const apps = useQuery(appsQuery);
  const triggers = useQuery(triggersQuery);
  const integrations = useQuery(integrationsQuery);
  const catalog = useMemo(() => {
    if (!apps.data || !triggers.data || !integrations.data) return undefined;
    return {
      apps: new Map(apps.data.map((app) => [app.app, app])),
      triggers: new Map(triggers.data.map((trigger) => [trigger.trigger, trigger])),
      integrations: new Map(integrations.data.map((integration) => [integration.id, integration])),
    };
  }, [apps.data, triggers.data, integrations.data]);
  const reads = [apps, triggers, integrations];
  const retry = () => {
    for (const read of reads) if (read.isError) void read.refetch();
  };
  return { catalog, error: catalog ? null : reads.find(({ error }) => error)?.error, retry };
}
