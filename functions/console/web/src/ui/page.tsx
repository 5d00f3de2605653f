import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import styles from "./page.module.css";

type Props = {
  title: ReactNode;
  back?: { href: string; label: string };
  detail?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
};

/** A page: its title with what can be done, and its content. */
export function Page({ title, back, detail, actions, children }: Props) {
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <div className={styles.heading}>
          {back && (
            <Link href={back.href} className={styles.back}>
              <ArrowLeft size={16} aria-hidden />
              {back.label}
            </Link>
          )}
          <h1>{title}</h1>
          {detail && <div className={styles.detail}>{detail}</div>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
