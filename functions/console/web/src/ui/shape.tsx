import { Ban, CheckCircle2, CircleAlert, Clock, type LucideIcon, XCircle } from "lucide-react";
import { classes } from "./classes";
import styles from "./shape.module.css";

/** The five meanings that a state can have for a merchant. Each has a shape besides its colour. */
export type Meaning = "done" | "waiting" | "needs" | "failed" | "skipped";

export const SHAPES: Record<Meaning, LucideIcon> = {
  done: CheckCircle2,
  waiting: Clock,
  needs: CircleAlert,
  failed: XCircle,
  skipped: Ban,
};

/** The shape of a meaning, beside the words that say it. */
export function Shape({ meaning }: { meaning: Meaning }) {
  const Icon = SHAPES[meaning];
  return <Icon size={16} aria-hidden className={classes(styles.shape, styles[meaning])} />;
}
