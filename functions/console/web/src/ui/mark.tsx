import type { AppMark } from "../api/types";
import { classes } from "./classes";
import styles from "./mark.module.css";

const COLORS: AppMark["color"][] = ["indigo", "teal", "orange", "pink", "green", "blue", "amber", "slate"];

type Props = {
  label: string;
  /** The app's own initials and colour. Without them, both follow from its name. */
  mark?: AppMark | undefined;
  small?: boolean;
};

/** An app's neutral mark: its initials on a colour. */
export function Mark({ label, mark, small = false }: Props) {
  const sum = [...label].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  const color = mark?.color ?? COLORS[sum % COLORS.length] ?? "slate";
  return (
    <span className={classes(styles.mark, styles[color], small && styles.small)} aria-hidden>
      {mark?.initials ?? initials(label)}
    </span>
  );
}

/** Up to two letters: of two words, or of a word with a capital inside. */
export function initials(label: string): string {
  const words = label.replace(/([a-z])([A-Z])/g, "$1 $2").split(/\s+/);
  const letters = words.map(([first]) => first ?? "").join("");
  return (words.length > 1 ? letters : label).slice(0, 2).toUpperCase();
}
