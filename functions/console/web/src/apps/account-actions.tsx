import { KeyRound, Pencil, PlugZap, Plus, RefreshCw, Repeat, Unplug } from "lucide-react";
import { useState } from "react";
import { useCanWrite } from "../api/permission";
import type { CatalogApp } from "../api/queries";
import type { Integration } from "../api/types";
import { accountPage } from "../pages";
import { common, apps as text } from "../text";
import { Button, ButtonLink } from "../ui/button";
import { Menu, type MenuItem } from "../ui/menu";
import styles from "./account-actions.module.css";
import { ConnectDialog } from "./connect-dialog";
import { DisconnectDialog } from "./disconnect-dialog";
import type { Refresh } from "./refresh-connection";
import { RenameDialog } from "./rename-dialog";
import { RotateDialog } from "./rotate-dialog";
import { useFirstRun } from "./use-first-run";
import { useTest } from "./use-test";

type Props = { account: Integration; etag: string; app: CatalogApp; refresh: Refresh };
type Opened = "rename" | "connect" | "rotate" | "disconnect" | null;

/** What can be done with an account. */
export function AccountActions({ account, etag, app, refresh }: Props) {
  const canWrite = useCanWrite();
  const [opened, setOpened] = useState<Opened>(null);
  const test = useTest(account);
  const [isFirst] = useFirstRun(account);
  if (!canWrite) return null;

  const close = () => setOpened(null);
  const hasSecret = app.manifest.methods.some(({ credentials }) =>
    credentials?.some(({ key }) => key === "previous_signing_secret"),
  );
  const hasLists = app.manifest.option_lists.length > 0;
  // One primary button: what needs the merchant has its own in the notes.
  const isPrimary = account.state === "connected" && !isFirst;
  const items: MenuItem[] = [
    ...(hasLists ? [{ label: text.refresh, icon: RefreshCw, onSelect: () => refresh.submit(app) }] : []),
    { label: text.rename, icon: Pencil, onSelect: () => setOpened("rename") },
    { label: text.test, icon: PlugZap, onSelect: () => test.submit(), disabled: test.isPending },
    { label: text.replace, icon: KeyRound, onSelect: () => setOpened("connect") },
    ...(hasSecret ? [{ label: text.rotate, icon: Repeat, onSelect: () => setOpened("rotate") }] : []),
    { label: text.disconnect, icon: Unplug, onSelect: () => setOpened("disconnect"), danger: true },
  ];
  return (
    <>
      <span className={styles.wide}>
        {hasLists && (
          <Button icon={RefreshCw} busy={refresh.isPending} onClick={() => refresh.submit(app)}>
            {text.refresh}
          </Button>
        )}
        <Button onClick={() => setOpened("rename")}>{text.rename}</Button>
      </span>
      <ButtonLink href={newRule(account.id)} look={isPrimary ? "primary" : "secondary"} icon={Plus}>
        {text.addRule}
      </ButtonLink>
      <Menu label={common.moreActions(account.label)} items={items} />
      {opened === "rename" && <RenameDialog account={account} etag={etag} onClose={close} />}
      {opened === "connect" && <ConnectDialog app={app} account={account} onClose={close} />}
      {opened === "rotate" && <RotateDialog app={app} account={account} onClose={close} />}
      {opened === "disconnect" && <DisconnectDialog account={account} onClose={close} />}
    </>
  );
}

/** The address of the account's page with a new rule open. */
export function newRule(account: string): string {
  return `${accountPage(account)}?rule=new`;
}
