import { Ban, CheckCircle2, CircleAlert, Clock, type LucideIcon, XCircle } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./badge.module.css";
import { classes } from "./classes";

/** The five meanings that a state can have for a merchant. Each has a shape besides its colour. */
export type Meaning = "done" | "waiting" | "needs" | "failed" | "skipped";

const ICONS: Record<Meaning, LucideIcon> = {
  done: CheckCircle2,
  waiting: Clock,
  needs: CircleAlert,
  failed: XCircle,
  skipped: Ban,
};

export function Badge({ meaning, children }: { meaning: Meaning; children: ReactNode }) {
  const Icon = ICONS[meaning];
  return (
    <span className={classes(styles.badge, styles[meaning])}>
      <Icon size={12} aria-hidden />
      {children}
    </span>
  );
}
