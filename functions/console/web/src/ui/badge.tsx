import type { ReactNode } from "react";
import styles from "./badge.module.css";
import { classes } from "./classes";
import { type Meaning, SHAPES } from "./shape";

/** A state in a word, with the shape and the colour of its meaning. */
export function Badge({ meaning, children }: { meaning: Meaning; children: ReactNode }) {
  const Icon = SHAPES[meaning];
  return (
    <span className={classes(styles.badge, styles[meaning])}>
      <Icon size={12} aria-hidden />
      {children}
    </span>
  );
}
