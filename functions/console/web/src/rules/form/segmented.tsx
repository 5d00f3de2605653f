import { useId } from "react";
import styles from "./segmented.module.css";

type Segment<T extends string> = { value: T; label: string; detail?: string };

type Props<T extends string> = {
  label: string;
  name: string;
  value: T | "";
  onChange: (value: T) => void;
  segments: readonly Segment<T>[];
  error?: string | undefined;
};

/** A choice of one of two or three, all of which are shown. */
export function Segmented<T extends string>({ label, name, value, onChange, segments, error }: Props<T>) {
  const id = useId();
  return (
    <fieldset className={styles.group} data-field={name} aria-describedby={error ? `${id}-error` : undefined}>
      <legend className={styles.legend}>{label}</legend>
      <div className={styles.segments}>
        {segments.map((segment) => (
          <label key={segment.value} className={styles.segment}>
            <input
              type="radio"
              name={id}
              value={segment.value}
              checked={segment.value === value}
              onChange={() => onChange(segment.value)}
            />
            <span>
              <span className={styles.label}>{segment.label}</span>
              {segment.detail && <span className={styles.detail}>{segment.detail}</span>}
            </span>
          </label>
        ))}
      </div>
      {error && (
        <p id={`${id}-error`} className={styles.error}>
          {error}
        </p>
      )}
    </fieldset>
  );
}
