import { useQuery, useQueryClient } from "@tanstack/react-query";
import { client, unwrap } from "../../api/client";
import { messageOf } from "../../api/problem";
import { everyRuleQuery } from "../../api/queries";
import type { RuleBody } from "../../api/types";
import { useSubmit } from "../../api/use-submit";
import { rules as text } from "../../text";
import { Button } from "../../ui/button";
import { Note } from "../../ui/note";
import { toasts } from "../../ui/toast";
import { actionOf, manifestOf } from "../draft";
import { RULES } from "../queries";
import { missingRule } from "../required";
import { Sentence } from "../sentence";
import type { Editor } from "../use-editor";

/** The rule that the action needs besides this one, with a button that adds it. */
export function RequiredRule({ editor: { draft, body, catalog, rule, isComplete } }: { editor: Editor }) {
  const queries = useQueryClient();
  const action = actionOf(draft, catalog);
  const others = useQuery({
    ...everyRuleQuery(draft.integration),
    enabled: isComplete && (action?.requires?.length ?? 0) > 0,
  });
  const adding = useSubmit({
    send: (missing: RuleBody, keyOf) =>
      unwrap(client.POST("/v1/rules", { params: { header: { "idempotency-key": keyOf(missing) } }, body: missing })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: RULES });
      toasts.add({ title: text.form.added, description: text.form.addedHelp });
    },
    onError: (error) => toasts.add({ title: text.form.notSaved, description: messageOf(error) }),
  });
  if (!isComplete || !action || !others.data) return null;
  const actions = manifestOf(draft, catalog)?.actions ?? [];
  const missing = missingRule({ id: rule?.id, rule: body, action, actions, others: others.data });
  if (!missing) return null;
  const required = actions.find(({ key }) => key === missing.action)?.label ?? missing.action;
  const names = { products: Object.fromEntries(draft.products.map(({ value, label }) => [value, label])) };
  const worded = { ...missing, settings: missing.settings ?? {}, labels: draft.labels, names };
  return (
    <Note
      meaning="needs"
      title={text.form.requiredTitle(action.label, required)}
      action={
        <Button busy={adding.isPending} onClick={() => adding.submit(missing)}>
          {text.form.requiredAdd}
        </Button>
      }
    >
      <p>{text.form.requiredHelp}</p>
      <p>
        <Sentence rule={worded} catalog={catalog} />
      </p>
    </Note>
  );
}
