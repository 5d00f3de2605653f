import { useIsFetching, useQueryClient } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useEffect } from "react";
import { client, unwrap } from "../../api/client";
import { messageOf } from "../../api/problem";
import type { Integration } from "../../api/types";
import { useSubmit } from "../../api/use-submit";
import { accountPage } from "../../pages";
import { rules as text } from "../../text";
import { Button, ButtonLink } from "../../ui/button";
import { Field } from "../../ui/field";
import { Note } from "../../ui/note";
import { type Choice, Select } from "../../ui/select";
import { toasts } from "../../ui/toast";
import { actionOf, manifestOf, withAction, withIntegration } from "../draft";
import { settingTexts } from "../parts";
import styles from "./form.module.css";
import { OPTIONS, useIsUnread } from "./options";
import type { PartProps } from "./props";
import { SettingField } from "./setting";

/** The integration, its action, and the settings of the action. */
export function ActionPart(props: PartProps) {
  const { draft, catalog, change, errors, warnings } = props;
  const { form } = text;
  const integration = catalog.integrations.get(draft.integration);
  const actions = manifestOf(draft, catalog)?.actions ?? [];
  const action = actionOf(draft, catalog);
  const kept = draft.settings[draft.integration] ?? {};
  const list = action?.settings.find(({ options }) => options)?.options;
  return (
    <>
      <Field label={form.integration} name="integration" error={errors.integration} warning={warnings.integration}>
        <Select
          value={draft.integration || null}
          onChange={(next) => change(withIntegration(draft, next, catalog))}
          placeholder={form.chooseIntegration}
          choices={withGone(
            [...catalog.integrations.values()].map(({ id, label, app }) => ({
              value: id,
              label,
              detail: catalog.apps.get(app)?.label ?? app,
            })),
            draft.integration,
            form.goneAccount,
          )}
        />
      </Field>
      {integration?.state === "needs_reconnect" && (
        <Note meaning="needs" action={<ButtonLink href={accountPage(integration.id)}>{form.reconnect}</ButtonLink>}>
          {form.integrationReconnect}
        </Note>
      )}
      {draft.integration !== "" && (
        <Field
          label={form.action}
          name="action"
          error={errors.action}
          warning={warnings.action}
          help={action?.description}
        >
          <Select
            value={draft.action || null}
            onChange={(next) => change(withAction(draft, next, catalog))}
            placeholder={form.chooseAction}
            disabled={!integration}
            choices={withGone(
              actions.map(({ key, label }) => ({ value: key, label })),
              draft.action,
              form.goneAction(draft.action),
            )}
          />
        </Field>
      )}
      {!integration && Object.keys(kept).length > 0 && (
        <ul className={styles.settings}>
          {settingTexts(action, kept, draft.labels).map((setting) => (
            <li key={setting}>
              <bdi>{setting}</bdi>
            </li>
          ))}
        </ul>
      )}
      {integration && action && action.settings.length > 0 && (
        <div className={styles.settings}>
          {action.settings.map((setting) => (
            <SettingField key={setting.key} {...props} setting={setting} action={action} integration={integration} />
          ))}
          {list && <Refresh key={integration.id} integration={integration} list={list} />}
        </div>
      )}
    </>
  );
}

/** The choices, with the chosen value if it is not there any more. */
function withGone(choices: Choice<string>[], value: string, label: string): Choice<string>[] {
  if (value === "" || choices.some((choice) => choice.value === value)) return choices;
  return [{ value, label }, ...choices];
}

/** Reads the option lists of the account again, in place. Lists that were never read are read without being asked. */
function Refresh({ integration, list }: { integration: Integration; list: string }) {
  const isUnread = useIsUnread(integration.id, list);
  const queries = useQueryClient();
  const isReading = useIsFetching({ queryKey: [...OPTIONS, integration.id] }) > 0;
  const { submit, isPending } = useSubmit({
    send: (_: { isAsked: boolean }) =>
      unwrap(
        client.POST("/v1/integrations/{integration}/refresh", { params: { path: { integration: integration.id } } }),
      ),
    onSuccess: async ({ failed }, { isAsked }) => {
      await queries.invalidateQueries({ queryKey: [...OPTIONS, integration.id] });
      await queries.invalidateQueries({ queryKey: ["rules", "lint"] });
      if (!isAsked && failed.length === 0) return;
      const reasons = failed.map(({ reason, hint }) => [reason, hint].filter(Boolean).join(" ")).join(" ");
      toasts.add({
        title: failed.length > 0 ? text.form.refreshFailed : text.form.refreshed,
        ...(reasons ? { description: reasons } : {}),
      });
    },
    onError: (error) => toasts.add({ title: text.form.refreshFailed, description: messageOf(error) }),
  });
  useEffect(() => {
    if (isUnread) submit({ isAsked: false });
  }, [isUnread, submit]);
  return (
    <div className={styles.refresh}>
      <span>{!isUnread ? text.form.refreshHelp : isPending ? text.form.reading : text.form.notRead}</span>
      <Button
        look={isUnread ? "secondary" : "quiet"}
        icon={RefreshCw}
        onClick={() => submit({ isAsked: true })}
        busy={isPending}
        aria-busy={isReading}
      >
        {text.form.refresh}
      </Button>
    </div>
  );
}
