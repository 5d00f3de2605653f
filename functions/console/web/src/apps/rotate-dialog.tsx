import { useId } from "react";
import type { CatalogApp } from "../api/queries";
import type { Integration } from "../api/types";
import { common, apps as text } from "../text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { useDiscard } from "../ui/discard";
import { Form } from "../ui/form";
import { toasts } from "../ui/toast";
import { ConnectFields } from "./connect-fields";
import { ConnectProblem } from "./connect-notes";
import styles from "./rotate-dialog.module.css";
import { useConnect } from "./use-connect";

type Props = { app: CatalogApp; account: Integration; onClose: () => void };

/** Changes a webhook's signing secret: both secrets sign, until the account is saved without the previous one. */
export function RotateDialog({ app, account, onClose }: Props) {
  const id = useId();
  const connect = useConnect({ app, account }, account.label, ({ integration }) => {
    toasts.add({ title: text.rotated(integration.label), description: text.rotatedHelp });
    onClose();
  });
  const [ask, question] = useDiscard(connect.hasTyped, onClose);
  return (
    <Dialog
      open
      onClose={ask}
      title={text.rotate}
      footer={
        <>
          <Button onClick={ask}>{common.cancel}</Button>
          <Button type="submit" form={id} look="primary" busy={connect.isBusy}>
            {text.saveSecret}
          </Button>
        </>
      }
    >
      <Form id={id} ref={connect.form} onSubmit={connect.submit}>
        <ol className={styles.steps}>
          {text.rotateSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <ConnectProblem problem={connect.problems.form} />
        <ConnectFields connect={connect} account={account} />
      </Form>
      {question}
    </Dialog>
  );
}
