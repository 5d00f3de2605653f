import { Search } from "lucide-react";
import styles from "./search-input.module.css";

type Props = { value: string; onChange: (value: string) => void; label: string };

/** Filters the list below it. */
export function SearchInput({ value, onChange, label }: Props) {
  return (
    <search className={styles.search}>
      <Search size={16} aria-hidden className={styles.icon} />
      <input
        className={styles.input}
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        maxLength={200}
      />
    </search>
  );
}
