import { useParameter } from "../address";
import { rules as text } from "../text";
import { FilterSelect } from "../ui/filter-select";
import { SearchInput } from "../ui/search-input";
import type { Catalog } from "./draft";
import type { Filter, Fixed } from "./filter";
import styles from "./filters.module.css";

/** The filters, which are in the address. */
export function useFilter(): { filter: Filter; clear: () => void; set: Record<keyof Filter, (value: string) => void> } {
  const [q, setText] = useParameter("q");
  const [app, setApp] = useParameter("app");
  const [integration, setIntegration] = useParameter("integration");
  const [enabled, setEnabled] = useParameter("enabled");
  const set = { text: setText, app: setApp, integration: setIntegration, enabled: setEnabled };
  const clear = () => {
    for (const change of Object.values(set)) change("");
  };
  return { filter: { text: q, app, integration, enabled }, clear, set };
}

type Props = { catalog: Catalog; fixed: Fixed; filter: Filter; set: Record<keyof Filter, (value: string) => void> };

export function Filters({ catalog, fixed, filter, set }: Props) {
  const integrations = [...catalog.integrations.values()];
  const apps = [...catalog.apps.values()].filter(({ app }) =>
    integrations.some((integration) => integration.app === app),
  );
  const accounts = integrations.filter(({ app }) => !filter.app || app === filter.app);
  return (
    <div className={styles.filters}>
      <div className={styles.search}>
        <SearchInput wide label={text.list.search} value={filter.text} onChange={set.text} />
      </div>
      {!fixed.integration && apps.length > 1 && (
        <FilterSelect
          label={text.list.app}
          all={text.list.allApps}
          value={filter.app}
          onChange={set.app}
          choices={apps.map(({ app, label }) => ({ value: app, label }))}
        />
      )}
      {!fixed.integration && integrations.length > 1 && (
        <FilterSelect
          label={text.list.account}
          all={text.list.allAccounts}
          value={filter.integration}
          onChange={set.integration}
          choices={accounts.map(({ id, label }) => ({ value: id, label }))}
        />
      )}
      <FilterSelect
        label={text.list.state}
        all={text.list.onAndOff}
        value={filter.enabled}
        onChange={set.enabled}
        choices={[
          { value: "on", label: text.list.on },
          { value: "off", label: text.list.off },
        ]}
      />
    </div>
  );
}
