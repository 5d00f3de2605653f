import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation, useSearch } from "wouter";
import { useParameter } from "../address";
import { useRuleNames } from "../api/names";
import { everyRuleQuery, integrationsQuery } from "../api/queries";
import { clock } from "../format/time";
import { activity } from "../text";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { classes } from "../ui/classes";
import { Combobox } from "../ui/combobox";
import { FilterSelect } from "../ui/filter-select";
import styles from "./filters.module.css";
import { isPeriod, PERIODS } from "./period";
import { GROUPS, parseStatuses } from "./status";

const texts = activity.log;

/** Whether the log shows the events for which no rule fired, in place of actions. */
export function useIsUnfired(): boolean {
  return useParameter("show")[0] === UNFIRED;
}

const UNFIRED = "unfired";

/** The log's filters. Each is in the address. */
export function Filters() {
  const isUnfired = useIsUnfired();
  return (
    <div className={styles.filters}>
      <StatusFilter />
      <div className={styles.row}>
        {!isUnfired && <AccountFilter />}
        {!isUnfired && <RuleFilter />}
        <PeriodFilter />
        <ClearFilters />
      </div>
    </div>
  );
}

/** One button for each meaning; several statuses can have the same meaning. */
function StatusFilter() {
  const [status, setStatus] = useParameter("status");
  const [, setShow] = useParameter("show");
  const isUnfired = useIsUnfired();
  const chosen = isUnfired ? [] : parseStatuses(status);
  const choose = (next: string) => {
    setStatus(next);
    setShow("");
  };
  const groups = GROUPS.map((group) => ({ ...group, value: group.statuses.join(",") }));
  return (
    <fieldset className={styles.statuses}>
      <legend className="visually-hidden">{texts.statusTabs}</legend>
      <button
        type="button"
        className={classes(styles.chip, styles.words, chosen.length === 0 && !isUnfired && styles.chosen)}
        aria-pressed={chosen.length === 0 && !isUnfired}
        onClick={() => choose("")}
      >
        {texts.all}
      </button>
      {groups.map(({ meaning, label, value, statuses }) => {
        const isChosen = chosen.length > 0 && chosen.every((status) => statuses.includes(status));
        return (
          <button
            key={meaning}
            type="button"
            className={classes(styles.chip, isChosen && styles.chosen)}
            aria-pressed={isChosen}
            onClick={() => choose(isChosen ? "" : value)}
          >
            <Badge meaning={meaning}>{label}</Badge>
          </button>
        );
      })}
      <button
        type="button"
        className={classes(styles.chip, styles.words, isUnfired && styles.chosen)}
        aria-pressed={isUnfired}
        onClick={() => {
          setStatus("");
          setShow(isUnfired ? "" : UNFIRED);
        }}
      >
        {activity.unfired.title}
      </button>
    </fieldset>
  );
}

function AccountFilter() {
  const [integration, setIntegration] = useParameter("integration");
  const { data: accounts = [] } = useQuery(integrationsQuery);
  const isGone = integration !== "" && !accounts.some(({ id }) => id === integration);
  return (
    <FilterSelect
      label={texts.accounts}
      all={texts.allAccounts}
      value={integration}
      onChange={setIntegration}
      choices={[
        ...accounts.map(({ id, label }) => ({ value: id, label })),
        ...(isGone ? [{ value: integration, label: activity.action.deletedAccount }] : []),
      ]}
    />
  );
}

function RuleFilter() {
  const [rule, setRule] = useParameter("rule");
  const [isOpened, setOpened] = useState(false);
  const isNeeded = isOpened || rule !== "";
  const { data: rules = [], isFetching } = useQuery({ ...everyRuleQuery(), enabled: isNeeded });
  const nameOf = useRuleNames({ enabled: isNeeded });
  const items = rules
    .map(({ id }) => ({ value: id, label: nameOf(id) ?? id }))
    .sort((a, b) => a.label.localeCompare(b.label));
  const value = rule
    ? { value: rule, label: nameOf(rule) ?? (rules.length > 0 ? activity.action.deletedRule : "…") }
    : null;
  return (
    <div className={styles.filter}>
      <Combobox
        label={texts.rules}
        placeholder={texts.allRules}
        items={items}
        value={value}
        onChange={(item) => setRule(item?.value ?? "")}
        onOpen={() => setOpened(true)}
        loading={isFetching}
      />
    </div>
  );
}

function PeriodFilter() {
  const [since, setSince] = useParameter("since");
  const own = since && !isPeriod(since) && !Number.isNaN(Date.parse(since)) ? since : null;
  return (
    <FilterSelect
      label={texts.period}
      all={texts.anyTime}
      value={own ?? (isPeriod(since) ? since : "")}
      onChange={setSince}
      choices={[
        ...PERIODS.map((period) => ({ value: period, label: texts.periods[period] })),
        ...(own ? [{ value: own, label: texts.sincePeriod(clock(own)) }] : []),
      ]}
    />
  );
}

function ClearFilters() {
  const query = useSearch();
  const [path, navigate] = useLocation();
  if (!query) return null;
  return (
    <Button look="quiet" onClick={() => navigate(path)}>
      {texts.clear}
    </Button>
  );
}
