import type { ReactNode } from "react";
import { classes } from "./classes";
import styles from "./note.module.css";
import type { Meaning } from "./shape";

type Props = { meaning: Meaning; title?: ReactNode; children?: ReactNode; action?: ReactNode };

/** A state that needs attention, with its way out beside it. */
export function Note({ meaning, title, children, action }: Props) {
  return (
    <div className={classes(styles.note, styles[meaning])} role={meaning === "failed" ? "alert" : "status"}>
      <div className={styles.text}>
        {title && <p className={styles.title}>{title}</p>}
        {children && <div>{children}</div>}
      </div>
      {action && <div className={styles.action}>{action}</div>}
    </div>
  );
}
