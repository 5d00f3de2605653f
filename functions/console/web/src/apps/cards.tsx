import { ChevronRight, Plus } from "lucide-react";
import { Link } from "wouter";
import { useCanWrite } from "../api/permission";
import { common, apps as text } from "../text";
import { Button } from "../ui/button";
import { Mark } from "../ui/mark";
import styles from "./cards.module.css";
import type { Entry } from "./catalog";
import { stateOf } from "./state";
import { ConnectedAs, Status } from "./status";

const MOST_ACCOUNTS = 3;

type Props = { entries: readonly Entry[]; onConnect: (app: string) => void };

/** A card for each app: what it does, its accounts, and how to connect one. */
export function AppCards({ entries, onConnect }: Props) {
  const canWrite = useCanWrite();
  return (
    <ul className={styles.cards}>
      {entries.map(({ app, accounts }) => (
        <li key={app.app} className={styles.card}>
          <div className={styles.head}>
            <Mark label={app.label} mark={app.mark} />
            <div className={styles.about}>
              <h2 className={styles.name}>{app.label}</h2>
              <p className={styles.description}>{app.description}</p>
            </div>
          </div>
          {accounts.length > 0 && (
            <ul className={styles.accounts}>
              {accounts.slice(0, MOST_ACCOUNTS).map((account) => (
                <li key={account.id}>
                  <Link href={`/apps/${account.id}`} className={styles.account}>
                    <span className={styles.accountText}>
                      <bdi className={styles.accountName}>{account.label}</bdi>
                      <span className={styles.accountDetail}>
                        <ConnectedAs account={account} />
                      </span>
                    </span>
                    {stateOf(account, Date.now()) !== "connected" && <Status account={account} />}
                    <ChevronRight size={16} aria-hidden className={styles.chevron} />
                  </Link>
                </li>
              ))}
              {accounts.length > MOST_ACCOUNTS && (
                <li>
                  <Link href={`/apps?tab=installed&q=${encodeURIComponent(app.label)}`} className={styles.account}>
                    <span className={styles.accountDetail}>{text.moreAccounts(accounts.length - MOST_ACCOUNTS)}</span>
                  </Link>
                </li>
              )}
            </ul>
          )}
          {canWrite && (
            <div className={styles.foot}>
              {accounts.length > 0 ? (
                <Button
                  look="quiet"
                  icon={Plus}
                  onClick={() => onConnect(app.app)}
                  aria-label={text.connectAnotherOf(app.label)}
                >
                  {text.connectAnother}
                </Button>
              ) : (
                <Button onClick={() => onConnect(app.app)} aria-label={text.installOf(app.label)}>
                  {text.install}
                </Button>
              )}
            </div>
          )}
        </li>
      ))}
    </ul>
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
