import { useQuery, useQueryClient } from "@tanstack/react-query";
import { untestedKey } from "./queries";

/** Why an account that was just connected is not tested; null if it is. */
export function useUntested(id: string): string | null {
  const queries = useQueryClient();
  const key = untestedKey(id);
  const stored = () => queries.getQueryData<string | null>(key) ?? null;
  return useQuery({ queryKey: key, queryFn: stored, staleTime: Number.POSITIVE_INFINITY }).data ?? null;
}
