import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useRef, useSyncExternalStore } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";
import { isReachable, onReach } from "./api/reach";
import { onSessionChange, sessionState } from "./api/session";
import styles from "./app.module.css";
import { isFramed, type View } from "./host/host";
import { PageBoundary } from "./page-boundary";
import { searchPage } from "./pages";
import { SessionEnded } from "./session-ended";
import { shell } from "./text";
import { ButtonLink } from "./ui/button";
import { Empty } from "./ui/empty";
import { Notice } from "./ui/notice";
import { SearchInput } from "./ui/search-input";
import { Rows } from "./ui/skeleton";

const Overview = lazy(() => import("./overview/page"));
const Apps = lazy(() => import("./apps/page"));
const InstalledPage = lazy(() => import("./apps/installed-page"));
const Rules = lazy(() => import("./rules/page"));
const ProductRules = lazy(() => import("./rules/product-page"));
const Activity = lazy(() => import("./activity/page"));

const PATHS: Record<View, string> = { overview: "/", apps: "/apps", rules: "/rules", activity: "/activity" };
const VIEWS = Object.keys(PATHS) as View[];

type Props = {
  /** The only view to show, if the host page asks for one. */
  only?: View | undefined;
  /** The product whose rules are shown, in a product's page of the host. */
  product?: string | undefined;
};

export function App({ only, product }: Props) {
  const session = useSyncExternalStore(onSessionChange, sessionState);
  const isOnline = useSyncExternalStore(onReach, isReachable);
  const [, page] = useLocation()[0].split("/");
  const isAlone = only !== undefined || product !== undefined;
  const first = product ? `/products/${encodeURIComponent(product)}` : only && PATHS[only];
  return (
    <>
      {!isAlone && <Header />}
      <main className={styles.main}>
        {session === "none" ? (
          <Empty title={shell.ended}>{shell.noneHelp}</Empty>
        ) : (
          <PageBoundary key={page}>
            <Suspense fallback={<Rows />}>
              <Switch>
                {first && first !== "/" && (
                  <Route path="/">
                    <Redirect to={first} replace />
                  </Route>
                )}
                <Route path="/" component={Overview} />
                <Route path="/apps" component={Apps} />
                <Route path="/apps/:integration" component={InstalledPage} />
                <Route path="/rules/:rule?" component={Rules} />
                <Route path="/products/:product/:rule?" component={ProductRules} />
                <Route path="/activity/*?" component={Activity} />
                <Route>
                  <Empty title={shell.notFound} action={<ButtonLink href="/">{shell.toOverview}</ButtonLink>} />
                </Route>
              </Switch>
            </Suspense>
          </PageBoundary>
        )}
      </main>
      {session === "ended" && <SessionEnded isFramed={isFramed} />}
      {!isOnline && <Notice title={shell.offline}>{shell.offlineHelp}</Notice>}
    </>
  );
}

function Header() {
  const [path] = useLocation();
  const isCurrent = (view: View) => (view === "overview" ? path === "/" : path.startsWith(PATHS[view]));
  return (
    <header className={styles.header}>
      <nav className={styles.tabs} aria-label={shell.navigation}>
        {VIEWS.map((view) => (
          <Link
            key={view}
            href={PATHS[view]}
            className={styles.tab}
            aria-current={isCurrent(view) ? "page" : undefined}
          >
            {shell.views[view]}
          </Link>
        ))}
      </nav>
      <SearchBox />
    </header>
  );
}

/** Searches Activity from every view. The key `/` moves the focus to it. */
function SearchBox() {
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const isTyping = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      box.current?.focus();
    };
    document.addEventListener("keydown", focus);
    return () => document.removeEventListener("keydown", focus);
  }, []);
  return (
    <div className={styles.search}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const text = box.current?.value.trim();
          if (!text) return;
          navigate(searchPage(text));
          // A search that is repeated reads again.
          for (const key of ["actions", "events"]) void queries.invalidateQueries({ queryKey: [key] });
        }}
      >
        <SearchInput wide ref={box} label={shell.search} placeholder={shell.searchHint} shortcut="/" />
      </form>
    </div>
  );
}
