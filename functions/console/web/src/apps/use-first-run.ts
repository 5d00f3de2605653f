import { useQuery } from "@tanstack/react-query";
import { useParameter } from "../address";
import { useCanWrite } from "../api/permission";
import { everyRuleQuery } from "../api/queries";
import type { Integration } from "../api/types";
import { useUntested } from "./use-untested";

/** Whether an account that was just connected still needs its first rule, and the way to leave that for later. */
export function useFirstRun(account: Integration): [isFirst: boolean, later: () => void] {
  const canWrite = useCanWrite();
  const [connected, setConnected] = useParameter("connected");
  const rules = useQuery({ ...everyRuleQuery(account.id), enabled: connected !== "" });
  const untested = useUntested(account.id);
  const isFirst =
    connected !== "" && rules.data?.length === 0 && !untested && canWrite && account.state === "connected";
  return [isFirst, () => setConnected("")];
}
