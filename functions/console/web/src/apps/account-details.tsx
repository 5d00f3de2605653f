import type { ReactNode } from "react";
import type { CatalogApp } from "../api/queries";
import type { Integration } from "../api/types";
import { nameOfActor } from "../format/actor";
import { apps as text } from "../text";
import { Time } from "../ui/time";
import { Status } from "./account-status";
import styles from "./installed-page.module.css";

/** What is known of an account. */
export function Facts({ account, app }: { account: Integration; app: CatalogApp | undefined }) {
  const method = app?.manifest.methods.find(({ key }) => key === account.method);
  const by = account.changed_by;
  return (
    <dl className={styles.facts}>
      <Fact name={text.facts.state}>
        <Status account={account} />
      </Fact>
      <Fact name={text.facts.app}>{app?.label ?? account.app}</Fact>
      {account.account && (
        <Fact name={text.facts.account}>
          <bdi>{account.account}</bdi>
        </Fact>
      )}
      {account.address && (
        <Fact name={text.facts.address}>
          <bdi>{account.address}</bdi>
        </Fact>
      )}
      <Fact name={text.facts.method}>{method?.label ?? account.method}</Fact>
      <Fact name={text.facts.created}>
        <Time at={account.created_at} />
      </Fact>
      {account.updated_at !== account.created_at && (
        <Fact name={text.facts.updated}>
          <Time at={account.updated_at} />
          {by && (
            <>
              {" "}
              {text.by} <bdi>{nameOfActor(by)}</bdi>
            </>
          )}
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
