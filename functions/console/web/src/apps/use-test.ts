import { useQueryClient } from "@tanstack/react-query";
import { client, unwrap } from "../api/client";
import { ApiError, messageOf } from "../api/problem";
import type { Integration } from "../api/types";
import { useSubmit } from "../api/use-submit";
import { apps as text } from "../text";
import { toasts } from "../ui/toast";
import { untestedKey } from "./queries";

/** Tests an account's connection, and says the result. */
export function useTest({ id, label }: Integration) {
  const queries = useQueryClient();
  return useSubmit({
    send: () => unwrap(client.POST("/v1/integrations/{integration}/test", { params: { path: { integration: id } } })),
    onSuccess: ({ account }) => {
      queries.setQueryData(untestedKey(id), null);
      toasts.add({ title: text.works(label), description: account && text.worksAs(account) });
    },
    onError: (error) => {
      // The page itself says that the account needs to be connected again.
      if (error instanceof ApiError && error.is("credentials-rejected")) return;
      toasts.add({ title: text.testFailed(label), description: messageOf(error), timeout: 15_000, priority: "high" });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["integrations"] }),
  });
}
