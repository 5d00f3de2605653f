import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowRight, Ban, Pencil, PlugZap, RotateCcw, UserSearch } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { client, unwrap } from "../api/client";
import type { Names } from "../api/names";
import { useCanWrite } from "../api/permission";
import { messageOf } from "../api/problem";
import type { Action } from "../api/types";
import { useSubmit } from "../api/use-submit";
import { accountQuery } from "../apps/queries";
import { accountPage, buyerPage, rulePage } from "../pages";
import { activity } from "../text";
import { Button } from "../ui/button";
import { toasts } from "../ui/toast";
import styles from "./action-steps.module.css";
import { Answer } from "./answer";
import { expectChanges } from "./live";
import { ReplayDialog } from "./replay-dialog";
import { type Step, stepsOf } from "./status";

type Props = {
  action: Action;
  names: Names;
  /** Whether the rule exists; undefined while that is not known. */
  hasRule?: boolean | undefined;
  /** Whether the first step is the main button of the page. */
  main?: boolean;
};

/** The ways out of an action's status, as buttons. */
export function Steps({ action, names, hasRule = true, main = true }: Props) {
  const canWrite = useCanWrite();
  const [replays, setReplays] = useState(false);
  const retry = useRetry();
  const cancel = useCancel();
  const [, navigate] = useLocation();
  const account = useQuery({ ...accountQuery(action.integration), enabled: action.status === "held" });
  const needsReconnect = account.data?.data.state === "needs_reconnect";
  // What the app rejected, it rejects again until the cause is corrected.
  const isRepetition = (step: Step) => step === "replay" || (step === "retry" && action.status === "rejected");
  const look = (step: Step) => (main && canWrite && step === shown[0] && !isRepetition(step) ? "primary" : "secondary");

  const applies: Record<Step, boolean> = {
    retry: canWrite,
    cancel: canWrite,
    reconnect: needsReconnect,
    "edit-rule": hasRule,
    "see-account": true,
    replay: canWrite,
    "see-buyer": true,
  };
  const shown = stepsOf(action).filter((step) => applies[step]);
  const buttons: Record<Step, () => React.ReactNode> = {
    retry: () => (
      <Button icon={RotateCcw} look={look("retry")} busy={retry.isPending} onClick={() => retry.submit(action.id)}>
        {action.status === "canceled" ? activity.steps.runAgain : activity.steps.retry}
      </Button>
    ),
    cancel: () => (
      <Button icon={Ban} busy={cancel.isPending} onClick={() => cancel.submit(action.id)}>
        {activity.steps.cancel}
      </Button>
    ),
    reconnect: () => (
      <Button
        icon={canWrite ? PlugZap : ArrowRight}
        look={look("reconnect")}
        onClick={() => navigate(accountPage(action.integration))}
      >
        {canWrite ? activity.steps.reconnect(names.app(action.app)) : activity.steps.seeAccount}
      </Button>
    ),
    "edit-rule": () => (
      <Button
        icon={canWrite ? Pencil : ArrowRight}
        look={look("edit-rule")}
        onClick={() => navigate(rulePage(action.rule))}
      >
        {canWrite ? activity.steps.editRule : activity.steps.seeRule}
      </Button>
    ),
    "see-account": () => (
      <Button icon={ArrowRight} look={look("see-account")} onClick={() => navigate(accountPage(action.integration))}>
        {activity.steps.seeAccount}
      </Button>
    ),
    replay: () => (
      <Button icon={RotateCcw} onClick={() => setReplays(true)}>
        {activity.steps.replay}
      </Button>
    ),
    "see-buyer": () => (
      <Button icon={UserSearch} onClick={() => navigate(buyerPage(action.email))}>
        {activity.steps.seeBuyer}
      </Button>
    ),
  };
  const error = retry.error ?? cancel.error;
  if (shown.length === 0) return null;
  return (
    <div className={styles.steps}>
      <div className={styles.buttons}>
        {shown.map((step) => (
          <span key={step}>{buttons[step]()}</span>
        ))}
      </div>
      {error && (
        <p role="alert" className={styles.error}>
          <Answer text={messageOf(error)} />
        </p>
      )}
      {replays && (
        <ReplayDialog event={action.event} rule={action.rule} onClose={() => setReplays(false)} names={names} />
      )}
    </div>
  );
}

/** Reads again what a change of an action affects. */
export function useRefresh(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () =>
    Promise.all(["actions", "events", "summary"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
}

export function useRetry() {
  const refresh = useRefresh();
  return useSubmit({
    send: (job: string) => unwrap(client.POST("/v1/actions/{job}/retry", { params: { path: { job } } })),
    onSuccess: () => {
      expectChanges();
      toasts.add({ title: activity.results.retried });
    },
    onSettled: refresh,
  });
}

/** Cancels an action at once; for ten seconds it can be started again. */
function useCancel() {
  const refresh = useRefresh();
  const retry = useRetry();
  return useSubmit({
    send: (job: string) => unwrap(client.POST("/v1/actions/{job}/cancel", { params: { path: { job } } })),
    onSuccess: (_, job) => {
      const undo = () => {
        toasts.close(shown);
        retry.submit(job);
      };
      const shown = toasts.add({
        title: activity.results.canceled,
        timeout: 10_000,
        actionProps: { children: activity.steps.undo, onClick: undo },
      });
    },
    onSettled: refresh,
  });
}
