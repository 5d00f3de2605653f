import { rules as text } from "../../text";
import { Field } from "../../ui/field";
import { Select } from "../../ui/select";
import { type Family, familyOf, triggersOf } from "../draft";
import type { PartProps } from "./props";
import { Segmented } from "./segmented";

const FAMILIES: Family[] = ["ecommerce", "courses"];

/** eCommerce or Courses, and the trigger: those that the action offers. */
export function TriggerPart({ draft, catalog, change, errors, warnings }: PartProps) {
  const { form } = text;
  const offered = triggersOf(draft, catalog);
  const families = FAMILIES.filter((family) => offered.some((trigger) => trigger.family === family));
  const family = familyOf(draft, catalog);
  const chosen = catalog.triggers.get(draft.trigger);
  const ofFamily = offered.filter((trigger) => trigger.family === family || families.length < 2);
  const shown = chosen && !ofFamily.includes(chosen) && chosen.family === family ? [chosen, ...ofFamily] : ofFamily;
  return (
    <>
      {families.length > 1 && (
        <Segmented
          name="family"
          label={form.family}
          value={family}
          onChange={(next) =>
            change({ ...draft, family: next, trigger: chosen && chosen.family !== next ? "" : draft.trigger })
          }
          segments={families.map((value) => ({ value, label: form.families[value] }))}
        />
      )}
      <Field
        label={form.trigger}
        name="trigger"
        error={errors.trigger}
        warning={warnings.trigger}
        help={chosen?.definition}
      >
        <Select
          value={draft.trigger || null}
          onChange={(trigger) => change({ ...draft, trigger })}
          placeholder={shown.length > 0 ? form.chooseTrigger : form.triggerFirst}
          disabled={shown.length === 0}
          choices={shown.map(({ trigger, label, definition }) => ({ value: trigger, label, detail: definition }))}
        />
      </Field>
    </>
  );
}
