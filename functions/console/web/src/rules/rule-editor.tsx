import { useEffect, useId } from "react";
import { createPortal } from "react-dom";
import type { Rule } from "../api/types";
import { common, rules as text } from "../text";
import { Button } from "../ui/button";
import { Note } from "../ui/note";
import { Check } from "./check/check";
import { ConflictDialog } from "./conflict-dialog";
import type { Catalog, Draft } from "./draft";
import { RuleForm } from "./form/form";
import { useEditor } from "./use-editor";

type Props = {
  rule: Rule | null;
  initial: Draft;
  catalog: Catalog;
  /** Where the buttons are shown. */
  slot: HTMLElement | null;
  onClose: () => void;
  onSaved: () => void;
  onTry: (rule: string) => void;
  onDirty: (isDirty: boolean, key: string) => void;
};

/** The rule form with what the rule would do, and the buttons that save it. */
export function RuleEditor({ rule, initial, catalog, slot, onClose, onSaved, onTry, onDirty }: Props) {
  const id = useId();
  const editor = useEditor({ rule, initial, catalog, onSaved, onTry });
  const { isDirty, key } = editor;
  useEffect(() => onDirty(isDirty, key), [isDirty, key, onDirty]);
  useEffect(() => {
    if (!isDirty) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isDirty]);
  return (
    <>
      {editor.isRestored && (
        <Note meaning="waiting" action={<Button onClick={editor.startAgain}>{text.form.discardNow}</Button>}>
          {text.form.restored}
        </Note>
      )}
      <RuleForm id={id} editor={editor} />
      <Check editor={editor} />
      {slot &&
        createPortal(
          <>
            <Button onClick={onClose}>{common.cancel}</Button>
            <Button
              look="primary"
              type="submit"
              form={id}
              aria-keyshortcuts="Control+Enter"
              title={text.form.shortcut}
              busy={editor.isSaving}
            >
              {rule ? text.form.save : text.form.add}
            </Button>
          </>,
          slot,
        )}
      <ConflictDialog editor={editor} />
    </>
  );
}
