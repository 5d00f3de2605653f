import { useQuery } from "@tanstack/react-query";
import { useOverlay, useParameter } from "../address";
import { useCanWrite } from "../api/permission";
import { appsQuery, integrationsQuery } from "../api/queries";
import { apps as text } from "../text";
import { Button } from "../ui/button";
import { Empty } from "../ui/empty";
import { Failure } from "../ui/failure";
import { Page } from "../ui/page";
import { SearchInput } from "../ui/search-input";
import { Rows } from "../ui/skeleton";
import { Tabs } from "../ui/tabs";
import { AccountList } from "./account-list";
import { AppCards, CardShapes } from "./app-cards";
import { CATEGORIES, entries, searchAccounts, searchApps } from "./catalog";
import { ConnectDialog } from "./connect-dialog";
import styles from "./page.module.css";

/** The App Marketplace: every app, by category, and the accounts that are connected. */
export default function AppsPage() {
  const [tab, setTab] = useParameter("tab");
  const [search, setSearch] = useParameter("q");
  const [connect, setConnect] = useOverlay("connect");
  const canWrite = useCanWrite();
  const apps = useQuery(appsQuery);
  const accounts = useQuery(integrationsQuery);

  const failed = apps.error ?? accounts.error;
  const isReady = apps.data !== undefined && accounts.data !== undefined;
  const all = entries(apps.data ?? [], accounts.data ?? []);
  const found = searchApps(all, search);
  const installed = searchAccounts(apps.data ?? [], accounts.data ?? [], search, Date.now());
  const chosen = apps.data?.find(({ app }) => app === connect);

  const toAll = <Button onClick={() => setTab("all")}>{text.toAll}</Button>;
  const cards = (shown: typeof found) => {
    if (!isReady) return <CardShapes />;
    if (shown.length > 0) return <AppCards entries={shown} onConnect={setConnect} />;
    const clear = <Button onClick={() => setSearch("")}>{text.clearSearch}</Button>;
    return <Empty title={text.notFound(search)} action={clear} />;
  };
  const list = () => {
    if (!isReady) return <Rows count={3} />;
    if (installed.length > 0) return <AccountList accounts={installed} />;
    if (search !== "") return <Empty title={text.notFound(search)} action={toAll} />;
    return (
      <Empty title={text.noneInstalled} action={toAll}>
        {text.noneInstalledHelp}
      </Empty>
    );
  };

  const tabs = [
    {
      value: "installed",
      label: (
        <>
          {text.installed} {accounts.data?.length ? <span className={styles.count}>{accounts.data.length}</span> : null}
        </>
      ),
      content: list(),
    },
    { value: "all", label: text.all, content: cards(found) },
    ...CATEGORIES.filter((category) => !isReady || all.some((entry) => entry.app.category === category)).map(
      (category) => ({
        value: category,
        label: text.categories[category],
        content: cards(found.filter((entry) => entry.app.category === category)),
      }),
    ),
  ];
  const first = accounts.data?.length === 0 ? "all" : "installed";
  const shown = tabs.some(({ value }) => value === tab) ? tab : first;

  return (
    <Page
      title={text.title}
      detail={text.titleHelp}
      actions={<SearchInput value={search} onChange={setSearch} label={text.search} />}
    >
      {failed && !isReady ? (
        <Failure
          error={failed}
          retry={() => {
            void apps.refetch();
            void accounts.refetch();
          }}
        />
      ) : (
        <Tabs label={text.tabs} value={shown} onChange={setTab} tabs={tabs} />
      )}
      {chosen && canWrite && <ConnectDialog app={chosen} inAddress onClose={() => setConnect("")} />}
    </Page>
  );
}
