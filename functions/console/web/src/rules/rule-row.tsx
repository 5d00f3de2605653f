import { useQuery } from "@tanstack/react-query";
import { Copy, Pencil, Trash2 } from "lucide-react";
import { memo, useState } from "react";
import { Link, useLocation } from "wouter";
import type { Rule } from "../api/types";
import { unnamed } from "../api/unnamed";
import { nameOfActor } from "../format/actor";
import { actionPage } from "../pages";
import { rules as text } from "../text";
import { Badge } from "../ui/badge";
import { Mark } from "../ui/mark";
import { Menu } from "../ui/menu";
import { Switch } from "../ui/switch";
import { Time } from "../ui/time";
import type { Catalog } from "./draft";
import { lastFiredQuery } from "./queries";
import styles from "./rule-row.module.css";
import { Sentence } from "./sentence";

/** What a row can do with its rule. */
export type RowHandlers = {
  select: (rule: Rule, selected: boolean) => void;
  turn: (rule: Rule, enabled: boolean) => void;
  duplicate: (rule: Rule) => void;
  remove: (rule: Rule) => void;
};

type Props = {
  rule: Rule;
  catalog: Catalog;
  href: string;
  canWrite: boolean;
  selected: boolean;
  /** Whether the list has rules of a product and global ones. */
  isMixed: boolean;
  on: RowHandlers;
};

export const RuleRow = memo(function RuleRow({ rule, catalog, href, canWrite, selected, isMixed, on }: Props) {
  const [, navigate] = useLocation();
  const app = catalog.apps.get(rule.app);
  const name = rule.name || unnamed(rule, app?.manifest);
  const integration = catalog.integrations.get(rule.integration);
  return (
    <li className={styles.row}>
      {canWrite && (
        <label className={styles.select}>
          <input
            type="checkbox"
            checked={selected}
            onChange={(event) => on.select(rule, event.target.checked)}
            aria-label={text.list.select(name)}
          />
        </label>
      )}
      <span className={styles.mark}>
        <Mark mark={app?.mark} small />
      </span>
      <div className={styles.main}>
        <Link href={href} className={styles.link}>
          <Sentence rule={rule} catalog={catalog} muted={!rule.enabled} />
        </Link>
        <p className={styles.detail}>
          {!integration && (
            <span>
              <Badge meaning="failed">{text.list.accountGone}</Badge>
            </span>
          )}
          {integration?.state === "needs_reconnect" && (
            <span>
              <Badge meaning="needs">{text.list.needsReconnect}</Badge>
            </span>
          )}
          {isMixed && rule.scope.kind === "global" && <strong>{text.list.global}</strong>}
          {rule.name && (
            <span>
              <bdi>{rule.name}</bdi>
            </span>
          )}
          <span>
            {text.list.saved} <Time at={rule.updated_at} />
            {rule.changed_by && (
              <>
                {" "}
                <bdi>{text.list.savedBy(nameOfActor(rule.changed_by))}</bdi>
              </>
            )}
          </span>
          {rule.use_gift_recipient && <span>{text.list.giftReceipt}</span>}
          <span>
            <LastFired rule={rule.id} />
          </span>
        </p>
      </div>
      <div className={styles.end}>
        {canWrite ? (
          <>
            <Switch
              checked={rule.enabled}
              onChange={(enabled) => on.turn(rule, enabled)}
              label={text.list.switchLabel(name)}
            />
            <Menu
              label={name}
              items={[
                { label: text.list.edit, icon: Pencil, onSelect: () => navigate(href) },
                { label: text.list.duplicate, icon: Copy, onSelect: () => on.duplicate(rule) },
                { label: text.list.remove, icon: Trash2, onSelect: () => on.remove(rule), danger: true },
              ]}
            />
          </>
        ) : (
          <span className={styles.state}>{rule.enabled ? text.list.on : text.list.off}</span>
        )}
      </div>
    </li>
  );
});

/** When the rule last fired, read on demand: the read searches the log. */
function LastFired({ rule }: { rule: string }) {
  const [wanted, setWanted] = useState(false);
  const { data, isFetching, isError } = useQuery({ ...lastFiredQuery(rule), enabled: wanted });
  if (!data || isError)
    return (
      <button type="button" className={styles.ask} onClick={() => setWanted(true)} aria-busy={isFetching}>
        {text.list.lastFired}
      </button>
    );
  if (data.fired_at)
    return (
      <Link href={data.action ? actionPage(data.action) : "/activity"} className={styles.ask}>
        {text.list.fired} <Time at={data.fired_at} />
      </Link>
    );
  if (!data.read_until) return text.list.neverFired;
  return (
    <>
      {text.list.notSince} <Time at={data.read_until} />
    </>
  );
}
