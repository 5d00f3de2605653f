import { useEffect, useState } from "react";
import { ApiError, messageOf } from "../api/problem";
import { login as loginText, apps as text } from "../text";
import { Button } from "../ui/button";
import { Note } from "../ui/note";
import styles from "./account-notes.module.css";
import { retryAfter } from "./use-connect";
import type { LoginState } from "./use-login";

/** Where a login is, and what the person can do. */
export function LoginNote({ app, state, onCancel }: { app: string; state: LoginState; onCancel: () => void }) {
  switch (state.kind) {
    case "idle":
    case "opening":
    case "failed":
      return null;
    case "blocked":
      return (
        <Note
          meaning="needs"
          title={loginText.blocked}
          action={
            // biome-ignore lint/security/noBlankTarget: the login ends at a page that posts to its opener
            <a className={styles.link} href={state.url} target="_blank" rel="opener">
              {loginText.open(app)}
            </a>
          }
        >
          {loginText.blockedHelp(app)}
        </Note>
      );
    case "waiting":
      return (
        <Note
          meaning="waiting"
          title={loginText.waiting(app)}
          action={
            <>
              <Button onClick={state.focus}>{loginText.show}</Button>
              <Button look="quiet" onClick={onCancel}>
                {loginText.stop}
              </Button>
            </>
          }
        >
          {loginText.waitingHelp}
        </Note>
      );
    case "finishing":
      return <Note meaning="waiting" title={loginText.finishing} />;
    case "refused":
      return (
        <Note meaning="failed" title={loginText.refused(app)}>
          {loginText.refusedHelp}
        </Note>
      );
    case "closed":
      return (
        <Note meaning="needs" title={loginText.closed}>
          {loginText.closedHelp}
        </Note>
      );
    case "expired":
      return (
        <Note meaning="needs" title={loginText.expired}>
          {loginText.expiredHelp}
        </Note>
      );
  }
}

/** An error that belongs to no field. */
export function ConnectProblem({ problem }: { problem: unknown }) {
  const wait = useCountdown(problem);
  if (problem === undefined) return null;
  return (
    <Note meaning="failed" title={text.notConnected}>
      {wordsOf(problem)} {wait === null ? text.nothingLost : wait > 0 ? text.tryAgainIn(wait) : text.tryAgainNow}
    </Note>
  );
}

function wordsOf(problem: unknown): string {
  // The session was opened without the origin that logins need: nothing that a merchant could change.
  if (problem instanceof ApiError && problem.status === 403) return loginText.notSetUp;
  return messageOf(problem);
}

/** The seconds that are left until the request can be repeated; null if the server names no time. */
function useCountdown(problem: unknown): number | null {
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => {
    const after = retryAfter(problem);
    setLeft(after);
    if (after === null) return;
    const end = Date.now() + after * 1000;
    const timer = setInterval(() => {
      const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      setLeft(seconds);
      if (seconds === 0) clearInterval(timer);
    }, 1000);
    return () => clearInterval(timer);
  }, [problem]);
  return left;
}
