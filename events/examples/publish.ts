// Publishes facts with the AWS SDK for JavaScript v3. Reads a JSON list of facts, each with `type` and `detail`, from
// standard input:
//
//     npm install @aws-sdk/client-eventbridge tsx
//     npx tsx publish.ts < facts.json

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";

const BUS = "commerce";
const SOURCE = "commerce";
const BATCH = 10; // the most entries of a PutEvents request; use fewer if your facts are large
const ATTEMPTS = 6;

export interface Fact {
  type: string;
  // `id` comes from what happened, such as `ord_5001.completed`. It is the same in every attempt and in every later run, so
  // a fact that EventBridge has accepted twice fires its rules once.
  detail: { id: string; marketplace_id: string; occurred_at: string; test_mode: boolean; [field: string]: unknown };
}

export interface Failure {
  fact: Fact;
  error: string;
}

const entry = (fact: Fact) => ({
  EventBusName: BUS,
  Source: SOURCE,
  DetailType: fact.type,
  Detail: JSON.stringify(fact.detail),
});

/** Returns the facts that EventBridge did not accept, with its error. Store them and publish them again. */
export async function publish(client: Pick<EventBridgeClient, "send">, facts: Fact[], pause = sleep): Promise<Failure[]> {
  const failed: Failure[] = [];
  for (let start = 0; start < facts.length; start += BATCH) {
    let pending: Failure[] = facts.slice(start, start + BATCH).map((fact) => ({ fact, error: "" }));
    for (let attempt = 0; attempt < ATTEMPTS && pending.length > 0; attempt += 1) {
      if (attempt > 0) await pause(Math.random() * 2 ** attempt * 1000);
      const answer = await client.send(new PutEventsCommand({ Entries: pending.map(({ fact }) => entry(fact)) }));
      // EventBridge returns 200 even if it accepted no entry. The results are in the order of the entries, so only those
      // with an ErrorCode are published again.
      const results = answer.FailedEntryCount ? (answer.Entries ?? []) : [];
      pending = pending.flatMap(({ fact }, index) => {
        const { ErrorCode, ErrorMessage = "" } = results[index] ?? {};
        return ErrorCode ? [{ fact, error: `${ErrorCode}: ${ErrorMessage}` }] : [];
      });
    }
    failed.push(...pending);
  }
  return failed;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const facts = JSON.parse(readFileSync(0, "utf8")) as Fact[];
  // The SDK itself retries a request that fails as a whole: connections, throttling, 5xx.
  const failed = await publish(new EventBridgeClient({}), facts);
  for (const { fact, error } of failed) console.error(`${fact.detail.id}: ${error}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
