import { classes } from "../ui/classes";
import type { Catalog } from "./draft";
import styles from "./sentence.module.css";
import { sentenceOf, type Worded } from "./wording";

type Props = { rule: Worded; catalog: Catalog; muted?: boolean };

/** A rule as a sentence: When **Product Purchased** for **Sourdough Masterclass**, then **Add Tag Baker** in **Demo**. */
export function Sentence({ rule, catalog, muted = false }: Props) {
  return (
    <span className={classes(styles.sentence, muted && styles.muted)}>
      {sentenceOf(rule, catalog).map(({ text, strong }, index) =>
        strong ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts have a fixed order
          <bdi key={index} className={styles.value}>
            {text}
          </bdi>
        ) : (
          text
        ),
      )}
    </span>
  );
}
