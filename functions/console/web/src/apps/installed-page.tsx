import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "wouter";
import { ActionList } from "../activity/action-list";
import { useParameter } from "../address";
import { ApiError } from "../api/problem";
import { appsQuery, everyRuleQuery } from "../api/queries";
import { RulesList } from "../rules/rule-list";
import { apps as text } from "../text";
import { ButtonLink } from "../ui/button";
import { Empty } from "../ui/empty";
import { Failure } from "../ui/failure";
import { Mark } from "../ui/mark";
import { Page } from "../ui/page";
import { Rows } from "../ui/skeleton";
import { Tabs } from "../ui/tabs";
import { AccountActions } from "./account-actions";
import { Facts } from "./account-details";
import { AccountNotes } from "./account-notes";
import { Traps } from "./app-notes";
import { ConfigurationLog } from "./configuration-log";
import styles from "./installed-page.module.css";
import { accountQuery } from "./queries";
import { useRefresh } from "./refresh-connection";

/** The Installed page of one account: its state, its rules and its logs. */
export default function InstalledPage() {
  const { integration: id = "" } = useParams();
  const account = useQuery({ ...accountQuery(id), refetchInterval: 15_000 });
  const apps = useQuery(appsQuery);
  const refresh = useRefresh(id);
  const back = { href: "/apps", label: text.back };

  // What is known of the app has a place above the rules, which would move.
  if (!account.data || (apps.isPending && !account.error)) {
    const toApps = <ButtonLink href="/apps">{text.toApps}</ButtonLink>;
    const isGone = account.error instanceof ApiError && account.error.status === 404;
    return (
      <Page title={isGone ? text.gone : text.account} back={back}>
        {isGone ? (
          <Empty title={text.goneTitle} action={toApps}>
            {text.goneHelp}
          </Empty>
        ) : account.error ? (
          <Failure error={account.error} retry={() => void account.refetch()} />
        ) : (
          <Rows count={3} />
        )}
      </Page>
    );
  }

  const { data, etag } = account.data;
  const app = apps.data?.find((other) => other.app === data.app);
  return (
    <Page
      back={back}
      title={
        <span className={styles.title}>
          <Mark mark={app?.mark} />
          <bdi className={styles.name}>{data.label}</bdi>
        </span>
      }
      actions={app && <AccountActions account={data} etag={etag} app={app} refresh={refresh} />}
    >
      <AccountNotes account={data} app={app} refresh={refresh} />
      <Facts account={data} app={app} />
      {app && <Traps app={app} />}
      <Views id={id} />
    </Page>
  );
}

function Views({ id }: { id: string }) {
  const [tab, setTab] = useParameter("tab");
  const [scope, setScope] = useParameter("scope");
  const [log, setLog] = useParameter("log");
  const own = useQuery(everyRuleQuery(id)).data;
  const numberOf = (kind: string) => own?.filter((rule) => rule.scope.kind === kind).length;
  const first = numberOf("global") === 0 && numberOf("products") ? "products" : "global";
  // A rule that is open keeps its list: another list would begin its form again.
  const [open] = useParameter("rule");
  const [kept, setKept] = useState(first);
  if (!open && kept !== first) setKept(first);
  const rules = (
    <Tabs
      kind="segments"
      label={text.scopes.label}
      value={scope === "products" || scope === "global" ? scope : kept}
      onChange={setScope}
      tabs={[
        {
          value: "global",
          label: <Counted name={text.scopes.global} count={numberOf("global")} />,
          content: <RulesList integration={id} scope="global" />,
        },
        {
          value: "products",
          label: <Counted name={text.scopes.products} count={numberOf("products")} />,
          content: <RulesList integration={id} scope="products" />,
        },
      ]}
    />
  );
  const logs = (
    <Tabs
      kind="segments"
      label={text.logs.label}
      value={log === "configuration" ? "configuration" : "actions"}
      onChange={setLog}
      tabs={[
        { value: "actions", label: text.logs.actions, content: <ActionList integration={id} /> },
        { value: "configuration", label: text.logs.configuration, content: <ConfigurationLog integration={id} /> },
      ]}
    />
  );
  return (
    <Tabs
      label={text.views.label}
      value={tab === "logs" ? "logs" : "rules"}
      onChange={setTab}
      tabs={[
        { value: "rules", label: text.views.rules, content: rules },
        { value: "logs", label: text.views.logs, content: logs },
      ]}
    />
  );
}

function Counted({ name, count }: { name: string; count: number | undefined }) {
  return (
    <>
      {name} {count ? <span className={styles.count}>{count}</span> : null}
    </>
  );
}
