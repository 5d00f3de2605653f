import { useQuery } from "@tanstack/react-query";
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
import { Select } from "../ui/select";
import styles from "./filters.module.css";
import { isPeriod, PERIODS } from "./period";
import { GROUPS, parseStatuses } from "./status";

const texts = activity.log;

/** The log's filters. Each is in the address. */
export function Filters() {
  return (
    <div className={styles.filters}>
      <StatusFilter />
      <div className={styles.row}>
        <AccountFilter />
        <RuleFilter />
        <PeriodFilter />
        <ClearFilters />
      </div>
    </div>
  );
}

/** One button for each meaning; several statuses can have the same meaning. */
function StatusFilter() {
  const [status, setStatus] = useParameter("status");
  const chosen = parseStatuses(status);
  const groups = GROUPS.map((group) => ({ ...group, value: group.statuses.join(",") }));
  return (
    <fieldset className={styles.statuses}>
      <legend className="visually-hidden">{texts.statusTabs}</legend>
      <button
        type="button"
        className={classes(styles.chip, chosen.length === 0 && styles.chosen)}
        aria-pressed={chosen.length === 0}
        onClick={() => setStatus("")}
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
            onClick={() => setStatus(isChosen ? "" : value)}
          >
            <Badge meaning={meaning}>{label}</Badge>
          </button>
        );
      })}
    </fieldset>
  );
}

function AccountFilter() {
  const [integration, setIntegration] = useParameter("integration");
  const { data: accounts = [] } = useQuery(integrationsQuery);
  return (
    <div className={styles.filter}>
      <Select
        label={texts.accounts}
        placeholder={texts.allAccounts}
        value={integration}
        onChange={setIntegration}
        choices={[
          { value: "", label: texts.allAccounts },
          ...accounts.map(({ id, label }) => ({ value: id, label })),
          ...(integration && !accounts.some(({ id }) => id === integration)
            ? [{ value: integration, label: activity.action.deletedAccount }]
            : []),
        ]}
      />
    </div>
  );
}

function RuleFilter() {
  const [rule, setRule] = useParameter("rule");
  const { data: rules = [] } = useQuery(everyRuleQuery());
  const nameOf = useRuleNames();
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
      />
    </div>
  );
}

function PeriodFilter() {
  const [since, setSince] = useParameter("since");
  const own = since && !isPeriod(since) && !Number.isNaN(Date.parse(since)) ? since : null;
  return (
    <div className={styles.filter}>
      <Select
        label={texts.period}
        placeholder={texts.periods[""]}
        value={own ?? (isPeriod(since) ? since : "")}
        onChange={setSince}
        choices={[
          { value: "", label: texts.periods[""] },
          ...PERIODS.map((period) => ({ value: period as string, label: texts.periods[period] })),
          ...(own ? [{ value: own, label: texts.sincePeriod(clock(own)) }] : []),
        ]}
      />
    </div>
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
