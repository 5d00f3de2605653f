import { Link } from "wouter";
import type { Names } from "../api/names";
import type { Action } from "../api/types";
import { activity } from "../text";
import { AccountName } from "../ui/account-name";
import { Badge } from "../ui/badge";
import { Time } from "../ui/time";
import { ActionName } from "./action-name";
import { plainly } from "./message";
import styles from "./row.module.css";
import { senseOf } from "./status";

/** An action as a row of a list: its status, what it does for whom and where, and what is next. */
export function ActionRow(props: RowProps) {
  const { action, names, href, open = false, of, isInAccount = false, time = "occurred" } = props;
  const { word, meaning } = senseOf(action.status);
  return (
    <li>
      <Link href={href} className={styles.row} aria-current={open ? "true" : undefined}>
        <span className={styles.status}>
          <Badge meaning={meaning}>{word}</Badge>
          {action.test && <Test />}
        </span>
        <span className={styles.main}>
          <span className={styles.title}>
            <strong>
              <ActionName action={action} names={names} />
            </strong>
            {action.email !== of && (
              <>
                {` ${activity.row.forBuyer} `}
                <bdi>{action.email}</bdi>
              </>
            )}
          </span>
          <span className={styles.detail}>
            {!isInAccount && (
              <>
                <AccountName app={names.app(action.app)} label={action.integration_label} />
                {action.rule_name && " · "}
              </>
            )}
            {action.rule_name && <bdi>{action.rule_name}</bdi>}
          </span>
          <Reason action={action} />
        </span>
        <span className={styles.time}>
          <Time at={time === "changed" ? action.updated_at : action.occurred_at} />
        </span>
      </Link>
    </li>
  );
}

type RowProps = {
  action: Action;
  names: Names;
  href: string;
  /** Whether the action is shown beside the list. */
  open?: boolean;
  /** The buyer whom the list is about, who is not named in every row. */
  of?: string;
  /** Whether the list is of one account, which is not named in every row. */
  isInAccount?: boolean;
  /** The time that is shown: that of the event, or that of the action's last change. */
  time?: "occurred" | "changed";
};

/** The app's answer, and when the action is tried next. */
function Reason({ action }: { action: Action }) {
  const waits = senseOf(action.status).meaning === "waiting";
  return (
    <>
      {action.message && (
        <span className={styles.reason}>
          <bdi>{plainly(action.message)}</bdi>
        </span>
      )}
      {action.next_attempt && waits && (
        <span className={styles.next}>
          {activity.row.next} <Time at={action.next_attempt} />
        </span>
      )}
    </>
  );
}

/** The mark of an action that a merchant started to try a rule. */
export function Test() {
  return <span className={styles.test}>{activity.test}</span>;
}
