import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { client, unwrap, withEtag } from "../api/client";
import { useRuleNames } from "../api/names";
import { ApiError } from "../api/problem";
import type { Deletion, Integration } from "../api/types";
import { useSubmit } from "../api/use-submit";
import { count } from "../format/money";
import { common, apps as text } from "../text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Failure } from "../ui/failure";
import { Note } from "../ui/note";
import { Rows } from "../ui/skeleton";
import { toasts } from "../ui/toast";
import styles from "./disconnect-dialog.module.css";

/** Disconnects an account, after showing what that ends. */
export function DisconnectDialog({ account, onClose }: { account: Integration; onClose: () => void }) {
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const path = { integration: account.id };
  const preview = useQuery({
    queryKey: ["deletion", account.id],
    gcTime: 0,
    queryFn: () => withEtag(client.GET("/v1/integrations/{integration}/deletion", { params: { path } })),
  });
  const ruleName = useRuleNames({ account: account.id });

  const disconnect = useSubmit({
    send: (etag: string) =>
      unwrap(client.DELETE("/v1/integrations/{integration}", { params: { path, header: { "if-match": etag } } })),
    onSuccess: (gone) => {
      toasts.add({ title: text.disconnected(account.label), description: text.switchedOff(gone.switched_off.length) });
      navigate("/apps?tab=installed");
      queries.removeQueries({ queryKey: ["integrations", account.id] });
      for (const key of ["integrations", "apps", "rules"]) void queries.invalidateQueries({ queryKey: [key] });
    },
    onError: () => preview.refetch(),
  });
  const isChanged = disconnect.error instanceof ApiError && disconnect.error.status === 412;
  const ends = preview.data?.data;
  const nameOf = (id: string) => ruleName(id) ?? text.rule;

  return (
    <Dialog
      open
      onClose={onClose}
      title={text.disconnectTitle(account.label)}
      description={text.disconnectHelp}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button
            look="danger"
            busy={disconnect.isPending}
            disabled={!ends || preview.isFetching}
            onClick={() => preview.data && disconnect.submit(preview.data.etag)}
          >
            {text.disconnect}
          </Button>
        </>
      }
    >
      <div className={styles.body}>
        {isChanged && (
          <Note meaning="needs" title={text.changedMeanwhile}>
            {text.lookAgain}
          </Note>
        )}
        {disconnect.error && !isChanged && <Failure error={disconnect.error} />}
        {preview.error && !ends && <Failure error={preview.error} retry={() => void preview.refetch()} />}
        {!ends && !preview.error && <Rows count={2} />}
        {ends && <Ends ends={ends} nameOf={nameOf} />}
      </div>
    </Dialog>
  );
}

type EndsProps = { ends: Deletion; nameOf: (rule: string) => string };

/** What ends with the account. */
function Ends({ ends: { rules, first_rules, held, waiting }, nameOf }: EndsProps) {
  if (rules + held.count + waiting.count === 0) return <p>{text.nothingEnds}</p>;
  return (
    <ul className={styles.ends}>
      {rules > 0 && (
        <li>
          {text.rulesEnd(rules)}
          <ul className={styles.rules}>
            {first_rules.map((rule) => (
              <li key={rule}>
                <bdi>{nameOf(rule)}</bdi>
              </li>
            ))}
            {rules > first_rules.length && <li>{text.andMore(rules - first_rules.length)}</li>}
          </ul>
        </li>
      )}
      {held.count > 0 && <li>{text.heldEnd(held.count === 1, count(held.count, held.more))}</li>}
      {waiting.count > 0 && <li>{text.waitingEnd(waiting.count === 1, count(waiting.count, waiting.more))}</li>}
    </ul>
  );
}
