/** The states of an account, as a merchant knows them. */
import type { Integration } from "../api/types";

export type State = "connected" | "reconnect" | "paused";

export function stateOf(account: Pick<Integration, "state" | "paused_until">, now: number): State {
  if (account.state === "needs_reconnect") return "reconnect";
  return account.paused_until && Date.parse(account.paused_until) > now ? "paused" : "connected";
}
