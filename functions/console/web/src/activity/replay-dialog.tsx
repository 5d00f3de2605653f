import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { client, unwrap } from "../api/client";
import type { Names } from "../api/names";
import { integrationsQuery } from "../api/queries";
import type { Replay } from "../api/types";
import { useSubmit } from "../api/use-submit";
import { activity, common } from "../text";
import { AccountName } from "../ui/account-name";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Failure } from "../ui/failure";
import { Rows } from "../ui/skeleton";
import { toasts } from "../ui/toast";
import { ActionName } from "./action-name";
import { useRefresh } from "./action-steps";
import { Answer } from "./answer";
import { expectChanges } from "./live";
import styles from "./replay-dialog.module.css";

type Props = {
  event: string;
  /** The only rule whose actions are sent; all rules without it. */
  rule?: string | undefined;
  names: Names;
  onClose: () => void;
};

const texts = activity.replay;

/** Sends the actions of an event again, after a preview of what would be sent. */
export function ReplayDialog({ event, rule, names, onClose }: Props) {
  const [by, setBy] = useState<"now" | "then">("now");
  const [force, setForce] = useState(false);
  const refresh = useRefresh();
  const group = useId();
  const ask = (dry: boolean) =>
    unwrap(
      client.POST("/v1/events/{event}/replay", {
        params: { path: { event } },
        body: { rules: by, force, dry, status: [], ...(rule ? { rule } : {}) },
      }),
    );
  const preview = useQuery({
    queryKey: ["replay", event, rule, by, force],
    queryFn: () => ask(true),
    placeholderData: keepPreviousData,
    gcTime: 0,
    staleTime: 0,
  });
  const send = useSubmit({
    send: () => ask(false),
    onSuccess: ({ actions }) => {
      expectChanges();
      toasts.add({ title: texts.sent(actions.length) });
      onClose();
    },
    onSettled: refresh,
  });
  const actions = preview.data?.actions.length ?? 0;
  return (
    <Dialog
      open
      onClose={onClose}
      title={rule ? texts.titleOne : texts.title}
      description={texts.description}
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button
            look="primary"
            busy={send.isPending}
            disabled={actions === 0 || preview.isPlaceholderData}
            onClick={() => send.submit()}
          >
            {actions === 0 ? texts.nothing : texts.confirm(actions)}
          </Button>
        </>
      }
    >
      <div className={styles.body}>
        <fieldset className={styles.choices}>
          <legend>{texts.by}</legend>
          <Choice group={group} checked={by === "now"} onChange={() => setBy("now")} label={texts.now}>
            {texts.nowHelp}
          </Choice>
          <Choice group={group} checked={by === "then"} onChange={() => setBy("then")} label={texts.before}>
            {texts.beforeHelp}
          </Choice>
        </fieldset>
        <label className={styles.choice}>
          <input type="checkbox" checked={force} onChange={(event) => setForce(event.target.checked)} />
          {texts.force}
        </label>
        <section aria-live="polite">
          {preview.isPending && <Rows count={2} />}
          {preview.isError && <Failure error={preview.error} retry={() => preview.refetch()} />}
          {preview.data && <Preview replay={preview.data} names={names} />}
        </section>
        {send.isError && <Failure error={send.error} />}
      </div>
    </Dialog>
  );
}

type ChoiceProps = { group: string; checked: boolean; onChange: () => void; label: string; children: string };

function Choice({ group, checked, onChange, label, children }: ChoiceProps) {
  return (
    <label className={styles.choice}>
      <input type="radio" name={group} checked={checked} onChange={onChange} />
      <span>
        {label}
        <span className={styles.help}>{children}</span>
      </span>
    </label>
  );
}

const MOST_SHOWN = 20;

function Preview({ replay, names }: { replay: Replay; names: Names }) {
  const { data: accounts } = useQuery(integrationsQuery);
  const labelOf = (id: string) =>
    accounts && (accounts.find((account) => account.id === id)?.label ?? activity.action.deletedAccount);
  const skipped = [
    replay.took_effect.length > 0 && texts.tookEffect(replay.took_effect.length),
    replay.under_way.length > 0 && texts.underWay(replay.under_way.length),
    replay.gone.length > 0 && texts.gone(replay.gone.length),
    ...replay.superseded.map(({ reason }) => reason || texts.superseded),
  ].filter((text) => text !== false);
  return (
    <div className={styles.preview}>
      <h3>{texts.sends(replay.actions.length)}</h3>
      <ul className={styles.actions}>
        {replay.actions.slice(0, MOST_SHOWN).map((action) => (
          <li key={action.id}>
            <strong>
              <ActionName action={action} names={names} />
            </strong>{" "}
            {activity.row.forBuyer} <bdi>{action.email}</bdi>
            <span className={styles.help}>
              <AccountName app={names.app(action.app)} label={labelOf(action.integration)} />
            </span>
          </li>
        ))}
        {replay.actions.length > MOST_SHOWN && <li>{texts.more(replay.actions.length - MOST_SHOWN)}</li>}
      </ul>
      {skipped.length > 0 && (
        <>
          <h3>{texts.skips}</h3>
          <ul className={styles.skipped}>
            {[...new Set(skipped)].map((reason) => (
              <li key={reason}>
                <Answer text={reason} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
