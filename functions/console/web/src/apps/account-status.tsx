import type { Integration } from "../api/types";
import { apps as text } from "../text";
import { Badge } from "../ui/badge";
import { type State, stateOf } from "./account-state";

const MEANINGS = { connected: "done", reconnect: "needs", paused: "waiting" } as const satisfies Record<State, string>;

/** The state of an account: a word, a shape and a colour. */
export function Status({ account }: { account: Integration }) {
  const state = stateOf(account, Date.now());
  return <Badge meaning={MEANINGS[state]}>{text.states[state]}</Badge>;
}

/** Who an account is connected as, if the app says so; the address of a webhook. */
export function ConnectedAs({ account }: { account: Integration }) {
  const name = account.account ?? account.address;
  if (!name) return null;
  return (
    <>
      {account.account ? text.connectedAs : text.postsTo} <bdi>{name}</bdi>
    </>
  );
}
