import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "./classes";
import styles from "./disclosure.module.css";

type Props = {
  title: ReactNode;
  children: ReactNode;
  open?: boolean;
  onChange?: (open: boolean) => void;
  /** `quiet` details are secondary to the text above them. */
  look?: "section" | "quiet";
};

/** Details that are shown on demand. */
export function Disclosure({ title, children, open, onChange, look = "section" }: Props) {
  return (
    <details
      className={classes(styles.details, styles[look])}
      open={open}
      onToggle={(event) => onChange?.(event.currentTarget.open)}
    >
      <summary className={styles.summary}>
        <ChevronRight size={16} aria-hidden className={styles.chevron} />
        {title}
      </summary>
      <div className={styles.content}>{children}</div>
    </details>
  );
}
