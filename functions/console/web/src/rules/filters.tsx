import { useParameter } from "../address";
import { rules as text } from "../text";
import { SearchInput } from "../ui/search-input";
import { Select } from "../ui/select";
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

const ANY = "any";

export function Filters({ catalog, fixed, filter, set }: Props) {
  const integrations = [...catalog.integrations.values()];
  const apps = [...catalog.apps.values()].filter(({ app }) =>
    integrations.some((integration) => integration.app === app),
  );
  const accounts = integrations.filter(({ app }) => !filter.app || app === filter.app);
  const choose = (key: keyof Filter) => (value: string) => set[key](value === ANY ? "" : value);
  return (
    <div className={styles.filters}>
      <div className={styles.search}>
        <SearchInput wide label={text.list.search} value={filter.text} onChange={set.text} />
      </div>
      {!fixed.integration && apps.length > 1 && (
        <div className={styles.select}>
          <Select
            label={text.list.app}
            placeholder={text.list.allApps}
            value={filter.app || ANY}
            onChange={choose("app")}
            choices={[
              { value: ANY, label: text.list.allApps },
              ...apps.map(({ app, label }) => ({ value: app, label })),
            ]}
          />
        </div>
      )}
      {!fixed.integration && integrations.length > 1 && (
        <div className={styles.select}>
          <Select
            label={text.list.account}
            placeholder={text.list.allAccounts}
            value={filter.integration || ANY}
            onChange={choose("integration")}
            choices={[
              { value: ANY, label: text.list.allAccounts },
              ...accounts.map(({ id, label }) => ({ value: id, label })),
            ]}
          />
        </div>
      )}
      <div className={styles.select}>
        <Select
          label={text.list.state}
          placeholder={text.list.onAndOff}
          value={filter.enabled || ANY}
          onChange={choose("enabled")}
          choices={[
            { value: ANY, label: text.list.onAndOff },
            { value: "on", label: text.list.on },
            { value: "off", label: text.list.off },
          ]}
        />
      </div>
    </div>
  );
}
