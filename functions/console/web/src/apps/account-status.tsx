import type { Integration, Waits } from "../api/types";
import { money, plural } from "../format/money";
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

/** What waits until an account is connected again: "41 actions for 38 buyers wait (USD 2,009)." */
export function waitsInWords({ actions, buyers, amounts, exact }: Waits): string {
  const sums = amounts.map(({ amount, currency }) => money(amount, currency)).join(" + ");
  return text.wait(plural(actions, "action"), plural(buyers, "buyer"), sums, exact);
}
