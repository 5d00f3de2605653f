import styles from "./filter-select.module.css";
import { Select } from "./select";

type Choice = { value: string; label: string };

type Props = {
  label: string;
  /** What is chosen without a filter. */
  all: string;
  /** Empty without a filter. */
  value: string;
  onChange: (value: string) => void;
  choices: readonly Choice[];
};

/** A filter of a list: one value, or all. */
export function FilterSelect({ label, all, value, onChange, choices }: Props) {
  return (
    <div className={styles.filter}>
      <Select
        label={label}
        placeholder={all}
        value={value}
        onChange={onChange}
        choices={[{ value: "", label: all }, ...choices]}
      />
    </div>
  );
}
