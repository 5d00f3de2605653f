import type { AppMark } from "../api/types";
import { classes } from "./classes";
import styles from "./mark.module.css";

type Props = {
  /** Undefined until the apps are read. */
  mark: AppMark | undefined;
  small?: boolean;
};

/** An app's neutral mark: its initials on a colour. */
export function Mark({ mark, small = false }: Props) {
  return (
    <span className={classes(styles.mark, styles[mark?.color ?? "slate"], small && styles.small)} aria-hidden>
      {mark?.initials}
    </span>
  );
}
