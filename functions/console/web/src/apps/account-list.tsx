import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { Link } from "wouter";
import { waitsInWords } from "../format/waits";
import { accountPage } from "../pages";
import { apps as text } from "../text";
import { classes } from "../ui/classes";
import list from "../ui/list.module.css";
import { Mark } from "../ui/mark";
import { Time } from "../ui/time";
import styles from "./account-list.module.css";
import { stateOf } from "./account-state";
import { ConnectedAs, Status } from "./account-status";
import type { Account } from "./catalog";
import { accountQuery } from "./queries";

/** The connected accounts, each with its state. */
export function AccountList({ accounts }: { accounts: readonly Account[] }) {
  return (
    <ul className={classes(list.list, styles.list)}>
      {accounts.map(({ account, app }) => {
        const label = app?.label ?? account.app;
        const state = stateOf(account, Date.now());
        return (
          <li key={account.id}>
            <Link href={accountPage(account.id)} className={classes(list.row, styles.row)}>
              <Mark mark={app?.mark} />
              <span className={list.main}>
                <bdi className={classes(list.title, styles.title)}>{account.label}</bdi>
                <span className={classes(list.detail, styles.detail)}>
                  {label !== account.label && label}
                  {label !== account.label && (account.account ?? account.address) && " · "}
                  <ConnectedAs account={account} />
                </span>
              </span>
              <span className={styles.state}>
                <Status account={account} />
                <span className={classes(list.detail, styles.why)}>
                  {state === "reconnect" && account.since && (
                    <>
                      {text.since} <Time at={account.since} kind="moment" />
                      <Waits account={account.id} />
                    </>
                  )}
                  {state === "paused" && account.paused_until && (
                    <>
                      {text.until} <Time at={account.paused_until} kind="moment" />
                    </>
                  )}
                </span>
              </span>
              <ChevronRight size={16} aria-hidden className={styles.chevron} />
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

/** What waits for an account that needs to be reconnected. The list of accounts does not say it. */
function Waits({ account }: { account: string }) {
  const { data } = useQuery(accountQuery(account));
  const waits = data?.data.waits;
  return waits && waits.actions > 0 ? ` · ${waitsInWords(waits)}` : null;
}
