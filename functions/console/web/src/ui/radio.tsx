import { Radio } from "@base-ui/react/radio";
import { RadioGroup } from "@base-ui/react/radio-group";
import { type ReactNode, useId } from "react";
import styles from "./radio.module.css";

type RadioChoice<T extends string> = { value: T; label: ReactNode; detail?: ReactNode };

type Props<T extends string> = {
  label: string;
  value: T;
  onChange: (value: T) => void;
  choices: readonly RadioChoice<T>[];
  readOnly?: boolean;
};

/** A choice of one among few that need a sentence each. */
export function Radios<T extends string>({ label, value, onChange, choices, readOnly = false }: Props<T>) {
  const id = useId();
  return (
    <RadioGroup
      className={styles.group}
      aria-label={label}
      value={value}
      onValueChange={(next) => onChange(next as T)}
      readOnly={readOnly}
    >
      {choices.map((choice) => (
        // biome-ignore lint/a11y/noLabelWithoutControl: the radio inside is the control
        <label key={choice.value} className={styles.choice}>
          <Radio.Root
            value={choice.value}
            className={styles.radio}
            aria-labelledby={`${id}-${choice.value}`}
            aria-describedby={choice.detail ? `${id}-${choice.value}-detail` : undefined}
          >
            <Radio.Indicator className={styles.dot} />
          </Radio.Root>
          <span className={styles.text}>
            <span id={`${id}-${choice.value}`} className={styles.label}>
              {choice.label}
            </span>
            {choice.detail && (
              <span id={`${id}-${choice.value}-detail`} className={styles.detail}>
                {choice.detail}
              </span>
            )}
          </span>
        </label>
      ))}
    </RadioGroup>
  );
}
