import { useQueryClient } from "@tanstack/react-query";
import { useId, useLayoutEffect, useRef, useState } from "react";
import { client, unwrap } from "../api/client";
import { ApiError } from "../api/problem";
import type { Integration } from "../api/types";
import { useSubmit } from "../api/use-submit";
import { common, apps as text } from "../text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { useDiscard } from "../ui/discard";
import { Failure } from "../ui/failure";
import { Field, Input } from "../ui/field";
import { Form, focusFirstError } from "../ui/form";
import { Note } from "../ui/note";
import { accountQuery } from "./queries";

type Props = { account: Integration; etag: string; onClose: () => void };

/** Edit Instance: gives an account another name. If another session has changed it since, shows both names. */
export function RenameDialog({ account, etag, onClose }: Props) {
  const queries = useQueryClient();
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const [read, setRead] = useState({ label: account.label, etag });
  const [label, setLabel] = useState(account.label);
  const [isEmpty, setEmpty] = useState(false);
  const [ask, question] = useDiscard(label !== account.label, onClose);

  const rename = useSubmit({
    send: () =>
      unwrap(
        client.PATCH("/v1/integrations/{integration}", {
          params: { path: { integration: account.id }, header: { "if-match": read.etag } },
          body: { label: label.trim() },
        }),
      ),
    onSuccess: onClose,
    onError: async (error) => {
      if (!(error instanceof ApiError) || error.status !== 412) return;
      const now = await queries.fetchQuery({ ...accountQuery(account.id), staleTime: 0 });
      setRead({ label: now.data.label, etag: now.etag });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["integrations"] }),
  });

  const status = rename.error instanceof ApiError ? rename.error.status : undefined;
  const fieldError = isEmpty
    ? text.labelMissing
    : status === 409
      ? text.labelTaken
      : status === 422
        ? text.labelNotValid
        : undefined;
  useLayoutEffect(() => {
    if (fieldError) focusFirstError(form.current);
  }, [fieldError]);

  const submit = () => {
    const isMissing = label.trim() === "";
    setEmpty(isMissing);
    if (!isMissing) rename.submit();
  };
  return (
    <Dialog
      open
      onClose={ask}
      title={text.rename}
      description={text.renameHelp}
      footer={
        <>
          <Button onClick={ask}>{common.cancel}</Button>
          <Button type="submit" form={id} look="primary" busy={rename.isPending}>
            {status === 412 ? text.saveMine : common.save}
          </Button>
        </>
      }
    >
      <Form id={id} ref={form} onSubmit={submit}>
        {status === 412 && (
          <Note
            meaning="needs"
            title={text.changedMeanwhile}
            action={<Button onClick={onClose}>{text.keepTheirs}</Button>}
          >
            {text.theirName} <bdi>{read.label}</bdi>
          </Note>
        )}
        {rename.error && fieldError === undefined && status !== 412 && <Failure error={rename.error} />}
        <Field label={text.label} help={text.labelHelp} error={fieldError} name="label">
          <Input value={label} onValueChange={setLabel} autoComplete="off" maxLength={200} />
        </Field>
      </Form>
      {question}
    </Dialog>
  );
}
