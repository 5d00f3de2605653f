import { Ban, CheckCircle2, CircleAlert, Clock, type LucideIcon, XCircle } from "lucide-react";
import type { Meaning } from "./badge";
import { classes } from "./classes";
import styles from "./shape.module.css";

const ICONS: Record<Meaning, LucideIcon> = {
  done: CheckCircle2,
  waiting: Clock,
  needs: CircleAlert,
  failed: XCircle,
  skipped: Ban,
};

/** The shape of a meaning, beside the words that say it. */
export function Shape({ meaning }: { meaning: Meaning }) {
  const Icon = ICONS[meaning];
  return <Icon size={16} aria-hidden className={classes(styles.shape, styles[meaning])} />;
}
