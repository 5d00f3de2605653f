import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client, unwrap } from "../../api/client";
import type { PreviewRequest, RuleBody, RulePreview } from "../../api/types";
import { rules as text } from "../../text";
import { Disclosure } from "../../ui/disclosure";
import { Failure } from "../../ui/failure";
import { Line } from "../../ui/skeleton";
import { useSettled } from "../../ui/use-settled";
import type { Editor } from "../use-editor";
import styles from "./check.module.css";

/** The requests as the connector would send them. They are built on the server; nothing leaves. */
export function PreviewPanel({ editor }: { editor: Editor }) {
  const { body, rule, catalog } = editor;
  const [isOpen, setOpen] = useState(false);
  const settled = useSettled(JSON.stringify({ ...body, name: null, enabled: true }), 700);
  const preview = useQuery({
    queryKey: ["rules", "preview", rule?.id, settled],
    enabled: isOpen,
    staleTime: 30_000,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: () => {
      const request = { rule: JSON.parse(settled) as RuleBody, ...(rule ? { id: rule.id } : {}) };
      return unwrap(client.POST("/v1/rules/preview", { body: request }));
    },
  });
  const app = catalog.apps.get(catalog.integrations.get(body.integration)?.app ?? "")?.label ?? "";
  return (
    <Disclosure title={text.check.requests(app)} open={isOpen} onChange={setOpen}>
      <div className={styles.preview}>
        <p className={styles.soft}>{text.check.requestsHelp}</p>
        {preview.error && !preview.data && <Failure error={preview.error} retry={() => void preview.refetch()} />}
        {preview.isLoading && <Line />}
        {preview.data && <Actions preview={preview.data} />}
      </div>
    </Disclosure>
  );
}

function Actions({ preview }: { preview: RulePreview }) {
  const { check } = text;
  return (
    <>
      {preview.actions.map((action) => (
        <div key={`${action.email} ${action.line} ${JSON.stringify(action.settings)}`} className={styles.action}>
          <p className={styles.soft}>
            {check.for} <bdi>{action.email}</bdi>
          </p>
          {action.requests.length === 0 && <p>{check.noRequests}</p>}
          {action.requests.map((request, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the requests are in their order
            <Request key={index} request={request} />
          ))}
          {action.continues && <p className={styles.soft}>{check.continues}</p>}
          {action.reason && <p className={styles.soft}>{action.reason}</p>}
        </div>
      ))}
      {preview.more > 0 && <p className={styles.soft}>{check.moreActions(preview.more)}</p>}
    </>
  );
}

function Request({ request }: { request: PreviewRequest }) {
  const { method, url, headers, body } = request;
  return (
    <div className={styles.request}>
      <p className={styles.line}>
        <strong>{method}</strong> <bdi>{url}</bdi>
      </p>
      {headers.length > 0 && (
        <pre className={styles.code}>{headers.map(({ name, value }) => `${name}: ${value}`).join("\n")}</pre>
      )}
      {body !== undefined && body !== null && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre className={styles.code} tabIndex={0}>
          {typeof body === "string" ? body : JSON.stringify(body, null, 2)}
        </pre>
      )}
    </div>
  );
}
