import { nameOfActor } from "../format/actor";
import { rules as text } from "../text";
import { Button } from "../ui/button";
import { classes } from "../ui/classes";
import { Dialog } from "../ui/dialog";
import { Time } from "../ui/time";
import { differences } from "./parts";
import styles from "./rule-details.module.css";
import type { Editor } from "./use-editor";

/** Another session has saved the rule: shows both versions, of which the merchant keeps one. */
export function ConflictDialog({ editor }: { editor: Editor }) {
  const { conflict: saved, draft, body, catalog } = editor;
  if (!saved) return null;
  const names = { products: Object.fromEntries(draft.products.map(({ value, label }) => [value, label])) };
  const mine = { ...body, settings: body.settings ?? {}, labels: draft.labels, names, app: saved.app };
  const { conflict } = text;
  const who = saved.changed_by && nameOfActor(saved.changed_by);
  return (
    <Dialog
      open
      onClose={editor.closeConflict}
      title={conflict.title}
      description={
        <>
          <bdi>{who ? conflict.who(who) : conflict.withoutActor}</bdi> <Time at={saved.updated_at} />.
        </>
      }
      footer={
        <>
          <Button onClick={editor.takeTheirs}>{conflict.takeTheirs}</Button>
          <Button look="primary" onClick={editor.keepMine} busy={editor.isSaving}>
            {conflict.keepMine}
          </Button>
        </>
      }
    >
      <div className={styles.parts}>
        <div className={classes(styles.part, styles.two, styles.head)}>
          <span>{conflict.differs}</span>
          <span>{conflict.theirs}</span>
          <span>{conflict.mine}</span>
        </div>
        {differences(saved, mine, catalog).map((part) => (
          <div key={part.label} className={classes(styles.part, styles.two)}>
            <span>{part.label}</span>
            <bdi>{part.saved}</bdi>
            <bdi>{part.mine}</bdi>
          </div>
        ))}
      </div>
    </Dialog>
  );
}
