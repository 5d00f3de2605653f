import { common } from "../text";
import styles from "./skeleton.module.css";

/** The shape of rows that are being read. */
export function Rows({ count = 5 }: { count?: number }) {
  return (
    <div className={styles.rows} role="status" aria-label={common.loading}>
      {Array.from({ length: count }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike
        <div key={row} className={styles.row} aria-hidden>
          <span className={styles.mark} />
          <span className={styles.wide} />
          <span className={styles.narrow} />
        </div>
      ))}
    </div>
  );
}

/** The shape of a line of text that is being read. */
export function Line() {
  return <span className={styles.line} aria-hidden />;
}
