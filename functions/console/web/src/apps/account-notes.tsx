import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { useCanWrite } from "../api/permission";
import type { CatalogApp } from "../api/queries";
import type { Integration } from "../api/types";
import { waitsInWords } from "../format/waits";
import { apps as text } from "../text";
import { Button } from "../ui/button";
import { Note } from "../ui/note";
import { Time } from "../ui/time";
import { newRule } from "./account-actions";
import link from "./account-notes.module.css";
import { stateOf } from "./account-state";
import { ConnectDialog } from "./connect-dialog";
import styles from "./installed-page.module.css";
import { type Refresh, RefreshNotes } from "./refresh-connection";
import { useFirstRun } from "./use-first-run";
import { useTest } from "./use-test";
import { useUntested } from "./use-untested";

type Props = { account: Integration; app: CatalogApp | undefined; refresh: Refresh };

/** What needs the merchant at this account, each with its way out. */
export function AccountNotes({ account, app, refresh }: Props) {
  const canWrite = useCanWrite();
  const state = stateOf(account, Date.now());
  return (
    <div className={styles.notes}>
      {state === "reconnect" && <Reconnect account={account} app={app} canWrite={canWrite} />}
      {state === "paused" && account.paused_until && (
        <Note meaning="waiting" title={text.pausedTitle(app?.label ?? account.app)}>
          {text.pausedHelp} {text.pausedUntil} <Time at={account.paused_until} kind="moment" />.
        </Note>
      )}
      <Untested account={account} canWrite={canWrite} />
      <RefreshNotes refresh={refresh} app={app} />
      <FirstRun account={account} />
    </div>
  );
}

type PartProps = { account: Integration; app: CatalogApp | undefined; canWrite: boolean };

function Reconnect({ account, app, canWrite }: PartProps) {
  const [open, setOpen] = useState(false);
  const { waits, reason, hint, since } = account;
  return (
    <>
      <Note
        meaning="needs"
        title={
          <>
            {text.states.reconnect}{" "}
            {since && (
              <>
                {text.since} <Time at={since} kind="moment" />
              </>
            )}
          </>
        }
        action={
          app &&
          canWrite && (
            <Button look="primary" onClick={() => setOpen(true)}>
              {text.reconnect}
            </Button>
          )
        }
      >
        {reason && (
          <p>
            <bdi>{reason}</bdi>
          </p>
        )}
        {hint && <p>{hint}</p>}
        {waits && <p>{waitsInWords(waits)}.</p>}
      </Note>
      {open && app && <ConnectDialog app={app} account={account} onClose={() => setOpen(false)} />}
    </>
  );
}

function Untested({ account, canWrite }: { account: Integration; canWrite: boolean }) {
  const test = useTest(account);
  const reason = useUntested(account.id);
  if (!reason) return null;
  return (
    <Note
      meaning="needs"
      title={text.untested}
      action={
        canWrite && (
          <Button busy={test.isPending} onClick={() => test.submit()}>
            {text.test}
          </Button>
        )
      }
    >
      <bdi>{reason}</bdi>
    </Note>
  );
}

/** After an account is connected: the next step. */
function FirstRun({ account }: { account: Integration }) {
  const [isFirst, later] = useFirstRun(account);
  return isFirst && <NextStep account={account} onLater={later} />;
}

function NextStep({ account, onLater }: { account: Integration; onLater: () => void }) {
  const next = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // The dialog that connected the account had the focus, and is gone with its page.
    if (document.activeElement === document.body) next.current?.focus();
  }, []);
  return (
    <Note
      meaning="done"
      title={text.firstRun(account.label)}
      action={
        <>
          <Link ref={next} href={newRule(account.id)} className={link.link}>
            {text.addRule}
          </Link>
          <Button look="quiet" onClick={onLater}>
            {text.later}
          </Button>
        </>
      }
    >
      {text.firstRunHelp}
    </Note>
  );
}
