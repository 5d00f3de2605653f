import { Plus, X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Condition, Trigger } from "../../api/types";
import { rules as text } from "../../text";
import { Button, IconButton } from "../../ui/button";
import { Input } from "../../ui/field";
import { Select } from "../../ui/select";
import { type ConditionDraft, CUSTOM, currencyOfDrafts, emptyCondition, expected, fieldOf } from "../condition";
import { fieldLabel } from "../wording";
import styles from "./form.module.css";
import type { PartProps } from "./props";
import { ValueInput } from "./value";

/** *Only if*: the conditions, all of which must hold. */
export function ConditionsPart({ draft, catalog, change, errors, warnings }: PartProps) {
  const { form } = text;
  const trigger = catalog.triggers.get(draft.trigger);
  const set = (conditions: ConditionDraft[]) => change({ ...draft, conditions });
  const list = useRef<HTMLOListElement>(null);
  const count = draft.conditions.length;
  const before = useRef(count);
  useEffect(() => {
    if (count > before.current) list.current?.lastElementChild?.querySelector("button")?.focus();
    before.current = count;
  }, [count]);
  return (
    <div className={styles.conditions} data-field="conditions">
      {count > 0 && (
        <ol ref={list} className={styles.conditions}>
          {draft.conditions.map((condition, index) => (
            <li key={condition.key} data-field={`conditions.${index}`}>
              <ConditionRow
                condition={condition}
                number={index + 1}
                trigger={trigger}
                currency={currencyOfDrafts(draft.conditions)}
                error={errors[`conditions.${index}`]}
                warning={warnings[`conditions.${index}`]}
                onChange={(next) => set(draft.conditions.map((one) => (one.key === condition.key ? next : one)))}
                onRemove={() => set(draft.conditions.filter((one) => one.key !== condition.key))}
              />
            </li>
          ))}
        </ol>
      )}
      {errors.conditions && <p className={styles.error}>{errors.conditions}</p>}
      <div className={styles.refresh}>
        <span>{trigger ? count === 0 && form.conditionsHelp : form.conditionsTrigger}</span>
        <Button icon={Plus} disabled={!trigger} onClick={() => set([...draft.conditions, emptyCondition()])}>
          {form.addCondition}
        </Button>
      </div>
    </div>
  );
}

type RowProps = {
  condition: ConditionDraft;
  number: number;
  trigger: Trigger | undefined;
  currency: string | undefined;
  error: string | undefined;
  warning: string | undefined;
  onChange: (condition: ConditionDraft) => void;
  onRemove: () => void;
};

function ConditionRow({ condition, number, trigger, currency, error, warning, onChange, onRemove }: RowProps) {
  const { form } = text;
  const field = fieldOf(condition, trigger);
  const fields = (trigger?.fields ?? []).map((one) => ({ value: one.field, label: fieldLabel(one.field) }));
  const isOther = condition.field !== "" && !field;
  const operators = (field?.operators ?? []).map(({ operator }) => ({
    value: operator,
    label: text.operators[operator] ?? operator,
  }));
  const chooseField = (next: string) => {
    const offered = trigger?.fields.find((one) => one.field === next);
    const keeps = offered?.operators.some(({ operator }) => operator === condition.operator);
    onChange({
      ...condition,
      field: next,
      operator: keeps ? condition.operator : (firstOperator(offered?.operators) ?? ""),
      values: [],
    });
  };
  return (
    <fieldset className={styles.condition}>
      <legend className="visually-hidden">{form.condition(number)}</legend>
      <div>
        <Select
          label={form.field}
          value={condition.field || null}
          onChange={chooseField}
          placeholder={form.chooseField}
          choices={isOther ? [{ value: condition.field, label: fieldLabel(condition.field) }, ...fields] : fields}
        />
      </div>
      <div>
        <Select
          label={form.operator}
          value={condition.operator || null}
          onChange={(operator) =>
            onChange({ ...condition, ...withOperator(condition, operator as Condition["operator"]) })
          }
          placeholder={form.chooseOperator}
          disabled={operators.length === 0}
          choices={operators}
        />
      </div>
      {condition.field === CUSTOM && (
        <div className={styles.conditionValue}>
          <Input
            aria-label={form.customName}
            placeholder={form.customName}
            value={condition.custom}
            onChange={(event) => onChange({ ...condition, custom: event.target.value })}
          />
        </div>
      )}
      {condition.operator !== "" && expected(condition.operator) !== "none" && (
        <div className={styles.conditionValue}>
          <ValueInput condition={condition} field={field} currency={currency} onChange={onChange} />
        </div>
      )}
      <div className={styles.remove}>
        <IconButton icon={X} label={form.removeCondition(number)} onClick={onRemove} />
      </div>
      {(error || isOther) && <p className={styles.error}>{error ?? form.otherField}</p>}
      {warning && !error && <p className={styles.warning}>{warning}</p>}
    </fieldset>
  );
}

function firstOperator(operators: readonly { operator: string }[] | undefined): Condition["operator"] | undefined {
  return operators?.[0]?.operator as Condition["operator"] | undefined;
}

/** Another operator keeps the values that it can have. */
function withOperator(condition: ConditionDraft, operator: Condition["operator"]) {
  const values = expected(operator) === "one" ? condition.values.slice(0, 1) : condition.values;
  return { operator, values };
}
