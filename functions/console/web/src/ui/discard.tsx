import { type ReactNode, useState } from "react";
import { common } from "../text";
import { Button } from "./button";
import { Dialog } from "./dialog";

/**
 * Closes a form: at once if nothing was typed, else after a question. Returns the function that asks, and the question,
 * which belongs inside the form's dialog.
 */
export function useDiscard(typed: boolean, close: () => void): [ask: () => void, question: ReactNode] {
  const [asking, setAsking] = useState(false);
  const ask = () => (typed ? setAsking(true) : close());
  const question = (
    <Dialog
      kind="question"
      open={asking}
      onClose={() => setAsking(false)}
      title={common.discardTitle}
      footer={
        <>
          <Button onClick={() => setAsking(false)}>{common.keepEditing}</Button>
          <Button look="danger" onClick={close}>
            {common.discard}
          </Button>
        </>
      }
    >
      {common.discardHelp}
    </Dialog>
  );
  return [ask, question];
}
