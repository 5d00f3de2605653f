import { type FormEvent, type KeyboardEvent, useEffect, useRef } from "react";
import { rules as text } from "../../text";
import { Note } from "../../ui/note";
import { Switch } from "../../ui/switch";
import type { Editor } from "../use-editor";
import { ActionPart } from "./action";
import { ConditionsPart } from "./conditions";
import styles from "./form.module.css";
import { MorePart } from "./more";
import { RequiredRule } from "./required-rule";
import { ScopePart } from "./scope";
import { TriggerPart } from "./trigger";

const FOCUSABLE = "input, button, [role=combobox], [tabindex]";

/** The fields of a rule, in the order in which a merchant decides. */
export function RuleForm({ id, editor }: { id: string; editor: Editor }) {
  const { draft, catalog, change, errors, warnings, refusals, save } = editor;
  const form = useRef<HTMLFormElement>(null);
  const isNew = useRef(editor.rule === null);

  // Moves the focus to the first field that prevents saving.
  useEffect(() => {
    if (refusals === 0) return;
    const fields = [...(form.current?.querySelectorAll<HTMLElement>("[data-field]") ?? [])];
    const first = fields.find((field) => errorsNow.current[field.dataset.field ?? ""]);
    (first?.querySelector<HTMLElement>(FOCUSABLE) ?? first)?.focus();
  }, [refusals]);
  const errorsNow = useRef(errors);
  errorsNow.current = errors;

  // A new rule begins with its first field, not with the button that closes the form.
  useEffect(() => {
    if (isNew.current) requestAnimationFrame(() => form.current?.querySelector("input")?.focus());
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    save();
  };
  // Enter alone chooses a value; a rule that is saved by mistake would fire.
  const submitByKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    if (event.ctrlKey || event.metaKey) save();
    else if (!(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
  };
  const props = { draft, catalog, change, errors, warnings };
  const { sections } = text.form;
  return (
    <form ref={form} id={id} className={styles.form} onSubmit={submit} onKeyDown={submitByKey} noValidate>
      {errors[""] && (
        <div data-field="" tabIndex={-1}>
          <Note meaning="failed" title={text.form.notSaved}>
            {errors[""]}
          </Note>
        </div>
      )}
      {editor.wasOff && (
        <Note
          meaning={draft.enabled ? "done" : "needs"}
          action={
            <Switch
              label={text.form.enabled(draft.enabled)}
              checked={draft.enabled}
              onChange={(enabled) => change({ ...draft, enabled })}
            />
          }
        >
          {draft.enabled ? text.form.isOnAgain : text.form.staysOff}
        </Note>
      )}
      <section className={styles.section} aria-label={sections.scope}>
        <ScopePart {...props} />
      </section>
      <section className={styles.section} aria-label={sections.action}>
        <h3>{sections.action}</h3>
        <ActionPart {...props} />
      </section>
      <section className={styles.section} aria-label={sections.trigger}>
        <h3>{sections.trigger}</h3>
        <TriggerPart {...props} />
        <RequiredRule editor={editor} />
      </section>
      <section className={styles.section} aria-label={sections.conditions}>
        <h3>{sections.conditions}</h3>
        <ConditionsPart {...props} />
      </section>
      <section className={styles.section} aria-label={sections.more}>
        <MorePart {...props} isNew={editor.rule === null} />
      </section>
    </form>
  );
}
