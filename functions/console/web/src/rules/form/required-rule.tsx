import { useQueryClient } from "@tanstack/react-query";
import { client, unwrap } from "../../api/client";
import { messageOf } from "../../api/problem";
import type { RuleBody } from "../../api/types";
import { useSubmit } from "../../api/use-submit";
import { rules as text } from "../../text";
import { Button } from "../../ui/button";
import { Note } from "../../ui/note";
import { toasts } from "../../ui/toast";
import { actionOf, manifestOf } from "../draft";
import { RULES } from "../queries";
import { Sentence } from "../sentence";
import type { Editor } from "../use-editor";

/** The rule that the action needs besides this one, with a button that adds it. */
export function RequiredRule({ editor: { draft, catalog, required } }: { editor: Editor }) {
  const queries = useQueryClient();
  const adding = useSubmit({
    send: (missing: RuleBody, keyOf) =>
      unwrap(client.POST("/v1/rules", { params: { header: { "idempotency-key": keyOf(missing) } }, body: missing })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: RULES });
      toasts.add({ title: text.form.added, description: text.form.addedHelp });
    },
    onError: (error) => toasts.add({ title: text.form.notSaved, description: messageOf(error) }),
  });
  const action = actionOf(draft, catalog);
  if (!required || !action) return null;
  const label = manifestOf(draft, catalog)?.actions.find(({ key }) => key === required.action)?.label;
  const names = { products: Object.fromEntries(draft.products.map(({ value, label }) => [value, label])) };
  const worded = { ...required, settings: required.settings ?? {}, labels: draft.labels, names };
  return (
    <Note
      meaning="needs"
      title={text.form.requiredTitle(action.label, label ?? required.action)}
      action={
        <Button busy={adding.isPending} onClick={() => adding.submit(required)}>
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
