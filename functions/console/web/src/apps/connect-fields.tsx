import type { CatalogApp } from "../api/queries";
import type { CredentialField } from "../api/types";
import { common, apps as text } from "../text";
import { Field, Input } from "../ui/field";
import { Radios } from "../ui/radio";
import { SecretInput } from "../ui/secret";
import styles from "./connect.module.css";
import { LABEL } from "./credentials";
import { GenerateSecret } from "./secret";
import type { useConnect } from "./use-connect";

type Props = { app: CatalogApp; connect: ReturnType<typeof useConnect>; withLabel: boolean };

/** The method, the label, and the fields of the method. */
export function ConnectFields({ app, connect, withLabel }: Props) {
  const { draft, method, problems, isBusy } = connect;
  const { methods } = app.manifest;
  return (
    <>
      {methods.length > 1 && (
        <div className={styles.methods}>
          <p className={styles.legend}>{text.method}</p>
          <Radios
            label={text.method}
            value={draft.method}
            onChange={(key) => connect.change({ method: key })}
            disabled={isBusy}
            choices={methods.map(({ key, label, help }, index) => ({
              value: key,
              label: (
                <>
                  {label}
                  {index === 0 && <span className={styles.recommended}>{text.recommended}</span>}
                </>
              ),
              detail: help,
            }))}
          />
        </div>
      )}
      {withLabel && (
        <Field label={text.label} help={text.labelHelp} error={problems.fields[LABEL]} name={LABEL}>
          <Input
            value={draft.label}
            onValueChange={(label) => connect.change({ label })}
            autoComplete="off"
            maxLength={200}
            disabled={isBusy}
          />
        </Field>
      )}
      {method?.credentials?.map((field) => (
        <Credential
          key={field.key}
          field={field}
          value={draft.values[field.key] ?? ""}
          error={problems.fields[field.key]}
          disabled={isBusy}
          onChange={(value) => connect.changeValue(field.key, value)}
        />
      ))}
      {methods.length === 1 && method?.help && <p className={styles.help}>{method.help}</p>}
    </>
  );
}

type CredentialProps = {
  field: CredentialField;
  value: string;
  error: string | undefined;
  disabled: boolean;
  onChange: (value: string) => void;
};

function Credential({ field, value, error, disabled, onChange }: CredentialProps) {
  const canGenerate = field.key === "signing_secret";
  return (
    <div className={styles.credential}>
      <Field
        label={field.label}
        // An error of the form repeats the help.
        help={error?.includes(field.help ?? "") ? undefined : field.help}
        error={error}
        optional={field.optional ? common.optional : undefined}
        name={field.key}
      >
        {field.secret ? (
          <SecretInput value={value} onChange={onChange} label={field.label} disabled={disabled} />
        ) : (
          <Input
            value={value}
            onValueChange={onChange}
            disabled={disabled}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
        )}
      </Field>
      {canGenerate && <GenerateSecret value={value} onChange={onChange} />}
    </div>
  );
}
