import { Search } from "lucide-react";
import type { Ref } from "react";
import { classes } from "./classes";
import styles from "./search-input.module.css";

type Props = {
  label: string;
  /** What can be searched for; the label if it is not given. */
  placeholder?: string;
  value?: string;
  onChange?: (value: string) => void;
  /** The key that moves the focus to it. */
  shortcut?: string;
  /** Whether it has the width of its container. */
  wide?: boolean;
  ref?: Ref<HTMLInputElement>;
};

/** A box to search with. */
export function SearchInput({ label, placeholder = label, value, onChange, shortcut, wide = false, ref }: Props) {
  return (
    <search className={classes(styles.search, wide && styles.wide)}>
      <Search size={16} aria-hidden className={styles.icon} />
      <input
        ref={ref}
        className={styles.input}
        type="search"
        aria-label={label}
        aria-keyshortcuts={shortcut}
        placeholder={placeholder}
        value={value}
        onChange={onChange && ((event) => onChange(event.target.value))}
        maxLength={320}
      />
      {shortcut && (
        <kbd className={styles.key} aria-hidden>
          {shortcut}
        </kbd>
      )}
    </search>
  );
}
