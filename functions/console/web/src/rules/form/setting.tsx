import type { Integration, ManifestAction, Setting } from "../../api/types";
import { common, rules as text } from "../../text";
import { Field, Input } from "../../ui/field";
import { Select } from "../../ui/select";
import { Switch } from "../../ui/switch";
import { type Draft, type SettingValue, settingOf, withSetting } from "../draft";
import styles from "./form.module.css";
import { OptionPicker } from "./options";
import type { PartProps } from "./props";

type Props = PartProps & { setting: Setting; action: ManifestAction; integration: Integration };

/** One setting of an action, with the control that its type needs. */
export function SettingField({ setting, action, integration, draft, catalog, change, errors, warnings }: Props) {
  const name = `settings.${setting.key}`;
  const app = catalog.apps.get(integration.app)?.label ?? integration.app;
  const value = settingOf(draft, setting);
  const set = (next: SettingValue) => change(withSetting(draft, setting.key, next));
  const shared = {
    name,
    error: errors[name],
    warning: warnings[name],
    help: setting.help,
  };
  if (setting.type === "boolean")
    return (
      <div className={styles.switch}>
        <Field {...shared} label={setting.label}>
          <Switch checked={value === true} onChange={set} />
        </Field>
      </div>
    );
  return (
    <Field {...shared} label={setting.label} optional={setting.required ? undefined : common.optional}>
      {setting.type === "option" && (
        <OptionPicker
          integration={integration.id}
          list={setting.options ?? ""}
          many={setting.many ?? false}
          isRequired={setting.required ?? false}
          value={textsOf(value)}
          labels={draft.labels}
          parents={parentsOf(setting, action, draft)}
          typed={setting.free_text ? () => text.form.typed[action.effect?.desired ?? "off"](app) : undefined}
          onChange={(values, labels) => {
            const next = withSetting(draft, setting.key, setting.many ? values : (values[0] ?? ""));
            change({ ...next, labels: { ...draft.labels, ...labels } });
          }}
        />
      )}
      {setting.type === "choice" && (
        <Select
          value={typeof value === "string" ? value : null}
          onChange={set}
          placeholder={text.form.chooseOption}
          choices={setting.choices ?? []}
        />
      )}
      {setting.type === "text" && (
        <Input value={typeof value === "string" ? value : ""} onChange={(event) => set(event.target.value)} />
      )}
    </Field>
  );
}

function textsOf(value: SettingValue | undefined): string[] {
  if (Array.isArray(value)) return value;
  return typeof value === "string" && value !== "" ? [value] : [];
}

/** The values of the lists that come before a setting's own: a tag belongs to the audience that is chosen above it. */
function parentsOf(setting: Setting, action: ManifestAction, draft: Draft): string[] {
  const before = action.settings.slice(0, action.settings.indexOf(setting));
  return before
    .filter(({ type, many, options }) => type === "option" && !many && options !== setting.options)
    .flatMap((other) => textsOf(settingOf(draft, other)));
}
