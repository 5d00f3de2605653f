import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronDown } from "lucide-react";
import popup from "./popup.module.css";
import styles from "./select.module.css";

export type Choice<T extends string> = { value: T; label: string; detail?: string };

type Props<T extends string> = {
  value: T | null;
  onChange: (value: T) => void;
  choices: readonly Choice<T>[];
  placeholder: string;
  disabled?: boolean;
  /** Needed outside a [`Field`], which labels its control. */
  label?: string;
};

/** A choice of one value among few. */
export function Select<T extends string>({ value, onChange, choices, placeholder, disabled, label }: Props<T>) {
  const items = choices.map((choice) => ({ value: choice.value, label: choice.label }));
  return (
    <Base.Root
      items={items}
      value={value}
      onValueChange={(next) => next !== null && onChange(next as T)}
      disabled={disabled ?? false}
    >
      <Base.Trigger className={styles.trigger} aria-label={label}>
        <Base.Value className={styles.value}>
          {(now: T | null) =>
            choices.find((choice) => choice.value === now)?.label ?? (
              <span className={styles.placeholder}>{placeholder}</span>
            )
          }
        </Base.Value>
        <Base.Icon className={styles.chevron}>
          <ChevronDown size={16} aria-hidden />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className={popup.positioner} sideOffset={4} alignItemWithTrigger={false}>
          <Base.Popup className={popup.popup}>
            {choices.map((choice) => (
              <Base.Item key={choice.value} value={choice.value} className={popup.item}>
                <span className={popup.itemText}>
                  <Base.ItemText>{choice.label}</Base.ItemText>
                  {choice.detail && <span className={popup.itemDetail}>{choice.detail}</span>}
                </span>
                <span className={popup.check}>
                  <Base.ItemIndicator>
                    <Check size={16} aria-hidden />
                  </Base.ItemIndicator>
                </span>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
