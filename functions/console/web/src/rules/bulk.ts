/** Changes of several rules in one request. */
import { client, unwrap } from "../api/client";
import type { Rule } from "../api/types";

/** A rule in the version that was read. */
export type Versioned = Pick<Rule, "id" | "etag">;

export type Change = "enable" | "disable" | "delete" | "duplicate";

/** The most rules that a request may name. */
const MOST = 50;

type Options = {
  keepalive?: boolean;
  /** Returns the `Idempotency-Key` of a body. */
  keyOf?: (body: unknown) => string;
};

export async function changeMany(
  change: Change,
  rules: readonly Versioned[],
  { keepalive = false, keyOf }: Options = {},
) {
  const parts = Array.from({ length: Math.ceil(rules.length / MOST) }, (_, part) =>
    rules.slice(part * MOST, (part + 1) * MOST),
  );
  const results = [];
  for (const part of parts) {
    const body = { change, rules: part.map(({ id, etag }) => ({ rule: id, etag })) };
    const params = keyOf ? { header: { "idempotency-key": keyOf(body) } } : {};
    results.push(...(await unwrap(client.POST("/v1/rules/bulk", { params, body, keepalive }))).results);
  }
  return results;
}

/** The number of actions that would end with these rules, if it is read for each of them. */
export async function waitingOf(rules: readonly Versioned[]): Promise<{ count: number; more: boolean } | null> {
  if (rules.length > MOST_COUNTED) return null;
  const counts = await Promise.all(
    rules.map(({ id }) => unwrap(client.GET("/v1/rules/{rule}/waiting", { params: { path: { rule: id } } }))),
  );
  return {
    count: counts.reduce((sum, { waiting }) => sum + waiting.count, 0),
    more: counts.some(({ waiting }) => waiting.more),
  };
}

const MOST_COUNTED = 10;
