import { useCallback, useRef, useState } from "react";
import { useSubmit } from "../api/use-submit";
import { count } from "../format/money";
import { common, rules as text } from "../text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { waitingOf } from "./bulk";
import { useRemove } from "./changes";
import type { Deletable } from "./deletions";

type Asked = { rules: readonly Deletable[]; waiting: { count: number; more: boolean } | null };

/** Deletes rules, with time to undo. If actions wait, a dialog says first how many end. */
export function useDelete(onDelete: () => void = () => {}) {
  const remove = useRemove();
  const [asked, setAsked] = useState<Asked | null>(null);

  const deleted = useRef(onDelete);
  deleted.current = onDelete;

  const removeNow = useCallback(
    (rules: readonly Deletable[]) => {
      setAsked(null);
      remove(rules);
      deleted.current();
    },
    [remove],
  );
  const { submit: ask } = useSubmit({
    send: (rules: readonly Deletable[]) => waitingOf(rules).catch(() => null),
    onSuccess: (waiting, rules) => {
      if (waiting?.count === 0) removeNow(rules);
      else setAsked({ rules, waiting });
    },
  });

  const dialog = asked && (
    <DeleteDialog {...asked} onClose={() => setAsked(null)} onDelete={() => removeNow(asked.rules)} />
  );
  return { ask, dialog };
}

function DeleteDialog({ rules, waiting, onClose, onDelete }: Asked & { onClose: () => void; onDelete: () => void }) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={text.changes.deleteTitle(rules.length)}
      description={
        waiting
          ? text.changes.deleteHelp(count(waiting.count, waiting.more), waiting.count === 1)
          : text.changes.deleteMany
      }
      footer={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button look="danger" onClick={onDelete}>
            {text.changes.deleteNow(rules.length)}
          </Button>
        </>
      }
    >
      {text.changes.canUndo}
    </Dialog>
  );
}
