import type { ReactNode } from "react";
import { createPortal } from "react-dom";
import styles from "./notice.module.css";

type Props = { title: string; children: ReactNode; action?: ReactNode };

/** A state of the whole page, over it and its dialogs. The page stays as it is, with everything that was typed. */
export function Notice({ title, children, action }: Props) {
  // `aria-live` keeps it readable while a dialog is open.
  return createPortal(
    <div className={styles.notice} role="alert" aria-live="assertive">
      <div className={styles.text}>
        <p className={styles.title}>{title}</p>
        <p>{children}</p>
      </div>
      {action}
    </div>,
    document.body,
  );
}
