import { useEffect, useRef, useState } from "react";
import { client, unwrap } from "../api/client";
import type { CatalogApp } from "../api/queries";
import { Submission } from "../api/submission";
import type { Connected } from "../api/types";
import { answerOf, openWindow, returnTo, stateOf } from "./login";

/** Where a login is. */
export type LoginState =
  | { kind: "idle" }
  | { kind: "opening" }
  /** The browser prevented the window: the person opens it with a link. */
  | { kind: "blocked"; url: string }
  | { kind: "waiting"; focus: () => void }
  | { kind: "finishing" }
  | { kind: "refused" }
  | { kind: "closed" }
  | { kind: "expired" }
  | { kind: "failed" };

/** A new account's label, or the id of the account to reconnect. */
type Target = { label: string } | { integration: string };

type Begin = { target: Target; method: string; credentials: Record<string, string> };

type Handlers = { onConnected: (connected: Connected) => void; onError: (error: unknown) => void };

/** A login at the app. `begin` has to be called in a click. */
export function useLogin(app: CatalogApp, { onConnected, onError }: Handlers) {
  const [state, setState] = useState<LoginState>({ kind: "idle" });
  const current = useRef<AbortController>(null);
  const [submission] = useState(() => new Submission());
  useEffect(() => () => current.current?.abort(), []);

  const begin = async ({ target, method, credentials }: Begin) => {
    if (!submission.begin()) return;
    const popup = openWindow();
    const canceled = new AbortController();
    current.current = canceled;
    const fail = (error: unknown) => {
      popup?.close();
      if (canceled.signal.aborted) return;
      setState({ kind: "failed" });
      onError(error);
    };

    setState({ kind: "opening" });
    try {
      const body = { app: app.app, method, credentials, return_to: returnTo(), ...target };
      const { url, expires_at } = await unwrap(client.POST("/v1/logins", { body }));
      if (canceled.signal.aborted) return popup?.close();
      if (popup) popup.location.href = url;
      setState(popup ? { kind: "waiting", focus: () => popup.focus() } : { kind: "blocked", url });

      const until = Date.parse(expires_at);
      const answer = await answerOf({ popup, state: stateOf(url), until, signal: canceled.signal });
      if (answer.kind === "canceled" || answer.kind === "expired") popup?.close();
      if (answer.kind === "canceled") return;
      if (answer.kind !== "answered") return setState(answer);

      setState({ kind: "finishing" });
      const { app: _, ...parameters } = answer.parameters;
      const finished = client.POST("/v1/logins/finish", { body: { app: app.app, parameters } });
      if (parameters.error === "access_denied") {
        // The server forgets the login; its answer says no more than the parameter does.
        await finished;
        return setState({ kind: "refused" });
      }
      onConnected(await unwrap(finished));
    } catch (error) {
      fail(error);
    } finally {
      if (!canceled.signal.aborted) submission.end({ succeeded: true });
    }
  };

  const cancel = () => {
    if (current.current && !current.current.signal.aborted) submission.end({ succeeded: false });
    current.current?.abort();
    setState({ kind: "idle" });
  };
  return { state, begin, cancel };
}
