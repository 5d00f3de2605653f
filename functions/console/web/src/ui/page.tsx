import type { ReactNode } from "react";
import styles from "./page.module.css";

type Props = { title: ReactNode; above?: ReactNode; detail?: ReactNode; actions?: ReactNode; children: ReactNode };

/** A page: its title with what can be done, and its content. */
export function Page({ title, above, detail, actions, children }: Props) {
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <div className={styles.heading}>
          {above && <div className={styles.above}>{above}</div>}
          <h1>{title}</h1>
          {detail && <div className={styles.detail}>{detail}</div>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
