import type { Waits } from "../api/types";
import { common } from "../text";
import { money } from "./money";

/** What waits until an account is connected again: "41 actions for 38 buyers wait (USD 2,009)". */
export function waitsInWords({ actions, buyers, amounts, exact }: Waits): string {
  if (actions === 0) return common.nothingWaits;
  const sums = amounts.map(({ amount, currency }) => money(amount, currency)).join(" + ");
  return common.waits(actions, buyers, sums, exact);
}
