import { common, rules as text } from "../../text";
import { Field, Input } from "../../ui/field";
import { Switch } from "../../ui/switch";
import styles from "./form.module.css";
import type { PartProps } from "./props";

/** Use Gift Receipt, the rule's name, and whether it is on: a new rule is. */
export function MorePart({ draft, change, errors, warnings, isNew }: PartProps & { isNew: boolean }) {
  const { form } = text;
  return (
    <>
      <div className={styles.switch}>
        <Field label={form.gift} help={form.giftHelp} name="gift" error={errors.gift} warning={warnings.gift}>
          <Switch
            checked={draft.useGiftRecipient}
            onChange={(useGiftRecipient) => change({ ...draft, useGiftRecipient })}
          />
        </Field>
      </div>
      <Field label={form.name} optional={common.optional} name="name" error={errors.name} warning={warnings.name}>
        <Input value={draft.name} onChange={(event) => change({ ...draft, name: event.target.value })} />
      </Field>
      {!isNew && (
        <div className={styles.switch}>
          <Field label={form.enabled(draft.enabled)}>
            <Switch checked={draft.enabled} onChange={(enabled) => change({ ...draft, enabled })} />
          </Field>
        </div>
      )}
    </>
  );
}
