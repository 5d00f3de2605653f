import { classes } from "./classes";
import styles from "./mark.module.css";

const COLOURS = 6;

/** An app's neutral mark: its initials on a colour that follows from its name. */
export function Mark({ label, small = false }: { label: string; small?: boolean }) {
  const colour = [...label].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % COLOURS;
  return (
    <span className={classes(styles.mark, styles[`colour${colour}`], small && styles.small)} aria-hidden>
      {initials(label)}
    </span>
  );
}

/** Up to two letters: of two words, or of a word with a capital inside. */
export function initials(label: string): string {
  const words = label.replace(/([a-z])([A-Z])/g, "$1 $2").split(/\s+/);
  const letters = words.map(([first]) => first ?? "").join("");
  return (words.length > 1 ? letters : label).slice(0, 2).toUpperCase();
}
