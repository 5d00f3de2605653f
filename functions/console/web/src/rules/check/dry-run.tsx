import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { client, unwrap } from "../../api/client";
import type { DryRun, RuleBody } from "../../api/types";
import { plural } from "../../format/money";
import { eventPage } from "../../pages";
import { rules as text } from "../../text";
import { Disclosure } from "../../ui/disclosure";
import { Failure } from "../../ui/failure";
import { Line } from "../../ui/skeleton";
import { useSettled } from "../../ui/use-settled";
import type { Editor } from "../use-editor";
import { conditionTexts, wasText } from "../wording";
import styles from "./check.module.css";

const EVENTS = 200;

/** How often the rule would have fired in the last seven days, and why it did not otherwise. */
export function DryRunPanel({ editor }: { editor: Editor }) {
  const { body, rule } = editor;
  const settled = useSettled(JSON.stringify({ ...body, name: null, enabled: true }), 700);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["rules", "dry-run", rule?.id, settled],
    staleTime: 30_000,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: () =>
      unwrap(
        client.POST("/v1/rules/dry_run", {
          body: { rule: JSON.parse(settled) as RuleBody, limit: EVENTS, ...(rule ? { id: rule.id } : {}) },
        }),
      ),
  });
  if (error && !data) return <Failure error={error} retry={() => void refetch()} />;
  if (isPending) return <Line />;
  return <Result data={data} body={body} labels={editor.draft.labels} />;
}

type ResultProps = { data: DryRun; body: RuleBody; labels: Readonly<Record<string, string>> };

function Result({ data, body, labels }: ResultProps) {
  const { check } = text;
  return (
    <div className={styles.run} role="status">
      <p className={styles.would}>{sentenceOf(data)}</p>
      {data.events >= EVENTS && <p className={styles.soft}>{check.partly(data.events)}</p>}
      {data.previews.length > 0 && (
        <Disclosure title={check.first}>
          <ul className={styles.lines}>
            {data.previews.map((preview) => (
              <li key={`${preview.event} ${preview.line} ${JSON.stringify(preview.settings)}`}>
                <bdi>{preview.contact}</bdi>
                <span className={styles.soft}>
                  {Object.values(preview.settings as Record<string, unknown>)
                    .filter((value) => typeof value === "string")
                    .map((value) => labels[String(value)] ?? String(value))
                    .join(" · ")}
                </span>
                <Link href={eventPage(preview.event)}>{check.seeEvent}</Link>
              </li>
            ))}
          </ul>
        </Disclosure>
      )}
      {data.failed.length > 0 && (
        <Disclosure title={check.others}>
          <ul className={styles.lines}>
            {data.failed.map((failed) => (
              <li key={`${failed.reason} ${failed.condition}`}>
                <span>
                  {plural(failed.count, "time")}: {reasonOf(failed, body)}
                </span>
                <Link href={eventPage(failed.event)}>{check.event}</Link>
              </li>
            ))}
          </ul>
        </Disclosure>
      )}
    </div>
  );
}

function sentenceOf(data: DryRun): string {
  const { check } = text;
  if (data.fired > 0) return check.would(check.times(data.fired), check.buyers(data.buyers));
  return data.concerned === 0 ? check.noEvents : check.never;
}

function reasonOf(failed: DryRun["failed"][number], body: RuleBody): string {
  const { reasons } = text.check;
  if (failed.reason === "condition") {
    const conditions = body.conditions ?? [];
    const index = (failed.condition ?? 1) - 1;
    const condition = conditions[index];
    if (!condition) return failed.reason;
    const { actual } = failed.verdict as { actual?: unknown };
    return reasons.condition(wasText(condition.field, actual, conditions), conditionTexts(conditions)[index] ?? "");
  }
  return reasons[failed.reason as keyof Omit<typeof reasons, "condition">] ?? failed.reason;
}
