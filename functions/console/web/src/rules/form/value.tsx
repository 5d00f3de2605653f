import type { ConditionField } from "../../api/types";
import { rules as text } from "../../text";
import { Combobox } from "../../ui/combobox";
import { Input } from "../../ui/field";
import { Select } from "../../ui/select";
import { type ConditionDraft, expected, operatorOf } from "../condition";
import { valueLabel } from "../wording";
import styles from "./form.module.css";

type Props = {
  condition: ConditionDraft;
  field: ConditionField | undefined;
  currency: string | undefined;
  onChange: (condition: ConditionDraft) => void;
};

/** The value of a condition, with the control that its field and its operator need. */
export function ValueInput({ condition, field, currency, onChange }: Props) {
  const { form } = text;
  const kind = operatorOf(condition, field)?.type ?? "text";
  const set = (values: string[]) => onChange({ ...condition, values });
  const known = field?.values?.map(String);
  const [value = ""] = condition.values;
  const itemOf = (one: string) => ({ value: one, label: valueLabel(one, condition.field) });

  if (expected(condition.operator) === "list")
    return (
      <>
        <Combobox
          many
          label={form.value}
          items={(known ?? []).map(itemOf)}
          value={condition.values.map(itemOf)}
          onChange={(items) => set(items.map((item) => item.value))}
          typed={known ? undefined : () => form.useValue}
          placeholder={known ? form.chooseOption : form.listHelp}
        />
        <AmountHelp condition={condition} currency={currency} />
      </>
    );
  if (known && known.length > 0 && condition.operator !== "contains")
    return (
      <Select
        label={form.value}
        value={value || null}
        onChange={(next) => set([next])}
        placeholder={form.chooseOption}
        choices={known.map(itemOf)}
      />
    );
  return (
    <>
      <Input
        aria-label={form.value}
        placeholder={form.value}
        value={value}
        inputMode={kind === "number" ? "decimal" : "text"}
        onChange={(event) => set(event.target.value === "" ? [] : [event.target.value])}
      />
      <AmountHelp condition={condition} currency={currency} />
    </>
  );
}

/** The unit of an amount: that of the currency which the conditions name. */
function AmountHelp({ condition, currency }: { condition: ConditionDraft; currency: string | undefined }) {
  if (condition.field !== "amount") return null;
  return <p className={styles.unit}>{currency ? text.form.amountIn(currency) : text.form.amountHelp}</p>;
}
