import { Link } from "wouter";
import { useCanWrite } from "../api/permission";
import type { Integration } from "../api/types";
import { accountPage } from "../pages";
import { common, apps as text } from "../text";
import { Button } from "../ui/button";
import { Mark } from "../ui/mark";
import { stateOf } from "./account-state";
import { Status } from "./account-status";
import styles from "./app-cards.module.css";
import type { Entry } from "./catalog";

type Props = { entries: readonly Entry[]; onConnect: (app: string) => void };

/** A card for each app: what it does, the state of its accounts, and how to connect one. */
export function AppCards({ entries, onConnect }: Props) {
  const canWrite = useCanWrite();
  return (
    <ul className={styles.cards}>
      {entries.map(({ app, accounts }) => (
        <li key={app.app} className={styles.card}>
          <div className={styles.head}>
            <Mark mark={app.mark} />
            <h2 className={styles.name}>{app.label}</h2>
            {canWrite && accounts.length === 0 && (
              <Button onClick={() => onConnect(app.app)} aria-label={text.installOf(app.label)}>
                {text.install}
              </Button>
            )}
          </div>
          <p className={styles.description}>{app.description}</p>
          {accounts.length > 0 && (
            <div className={styles.foot}>
              <Accounts app={app.label} accounts={accounts} />
              {canWrite && (
                <Button onClick={() => onConnect(app.app)} aria-label={text.connectAnotherOf(app.label)}>
                  {text.connectAnother}
                </Button>
              )}
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The accounts of an app in a line: the state of the first account that needs the merchant, with a link to it; else a link to all. */
function Accounts({ app, accounts }: { app: string; accounts: readonly Integration[] }) {
  const [first] = accounts;
  if (!first) return null;
  const state = (account: Integration) => stateOf(account, Date.now());
  const worst = (["reconnect", "paused"] as const)
    .map((wanted) => accounts.find((account) => state(account) === wanted))
    .find((account) => account !== undefined);
  const all = `/apps?${new URLSearchParams({ tab: "installed", q: app })}`;
  return (
    <Link href={worst || accounts.length === 1 ? accountPage((worst ?? first).id) : all} className={styles.accounts}>
      <Status account={worst ?? first} />
      <bdi className={worst ? "visually-hidden" : styles.accountName}>
        {accounts.length === 1 || worst ? (worst ?? first).label : text.accounts(accounts.length)}
      </bdi>
    </Link>
  );
}

/** The shape of the cards that are being read. */
export function CardShapes() {
  return (
    <div className={styles.cards} role="status" aria-label={common.loading}>
      {["a", "b", "c", "d", "e", "f"].map((key) => (
        <div key={key} className={styles.shape} aria-hidden />
      ))}
    </div>
  );
}
