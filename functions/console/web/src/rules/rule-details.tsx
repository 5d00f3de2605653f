import type { Rule } from "../api/types";
import { rules as text } from "../text";
import { Time } from "../ui/time";
import type { Catalog } from "./draft";
import { partsOf } from "./parts";
import styles from "./rule-details.module.css";
import { Sentence } from "./sentence";

/** A rule to read. */
export function RuleDetails({ rule, catalog }: { rule: Rule; catalog: Catalog }) {
  return (
    <div className={styles.details}>
      <p>
        <Sentence rule={rule} catalog={catalog} />
      </p>
      <dl className={styles.parts}>
        {partsOf(rule, catalog).map(({ part, label, value }) => (
          <div key={part} className={styles.part}>
            <dt>{label}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
        <div className={styles.part}>
          <dt>{text.list.saved}</dt>
          <dd>
            <Time at={rule.updated_at} />
          </dd>
        </div>
      </dl>
    </div>
  );
}
