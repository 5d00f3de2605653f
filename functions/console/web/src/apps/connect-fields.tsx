import type { CredentialField, Integration, Method } from "../api/types";
import { common, login, apps as text } from "../text";
import { Field, Input } from "../ui/field";
import { Note } from "../ui/note";
import { OutsideLink } from "../ui/outside-link";
import { Radios } from "../ui/radio";
import { SecretInput } from "../ui/secret";
import styles from "./connect.module.css";
import { guideOf, LABEL } from "./credentials";
import { GenerateSecret } from "./generate-secret";
import type { useConnect } from "./use-connect";

type Props = {
  connect: ReturnType<typeof useConnect>;
  /** The account to connect again; without it, a new one. */
  account?: Integration | undefined;
};

/** The method, the label, and the fields of the method. */
export function ConnectFields({ connect, account }: Props) {
  const { draft, methods, method, problems, isBusy } = connect;
  return (
    <>
      {methods.length > 1 && (
        <div className={styles.methods}>
          <p className={styles.legend}>{text.method}</p>
          <Radios
            label={text.method}
            value={method?.key ?? ""}
            onChange={(key) => connect.change({ method: key })}
            readOnly={isBusy}
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
      {!account && (
        <Field label={text.label} help={text.labelHelp} error={problems.fields[LABEL]} name={LABEL}>
          <Input
            value={draft.label}
            onValueChange={(label) => connect.change({ label })}
            autoComplete="off"
            maxLength={200}
            readOnly={isBusy}
          />
        </Field>
      )}
      {fieldsOf(method, account).map((field) => (
        <Credential
          key={field.key}
          field={field}
          current={field.key === "url" ? account?.address : null}
          value={draft.values[field.key] ?? ""}
          error={problems.fields[field.key]}
          readOnly={isBusy}
          onChange={(value) => connect.changeValue(field.key, value)}
        />
      ))}
      {methods.length === 0 && <Note meaning="needs">{login.notSetUp}</Note>}
    </>
  );
}

/** The fields to enter: a new account has no previous secret. */
function fieldsOf(method: Method | undefined, account: Integration | undefined): CredentialField[] {
  return (method?.credentials ?? []).filter(({ key }) => account || !key.startsWith("previous_"));
}

type CredentialProps = {
  field: CredentialField;
  /** What is known of the stored value. */
  current: string | null | undefined;
  value: string;
  error: string | undefined;
  readOnly: boolean;
  onChange: (value: string) => void;
};

function Credential({ field, current, value, error, readOnly, onChange }: CredentialProps) {
  const canGenerate = field.key === "signing_secret";
  const guide = guideOf(field);
  return (
    <div className={styles.credential}>
      <Field
        label={field.label}
        // An error of the form repeats the help.
        help={
          <>
            {!error?.includes(field.help ?? "") && field.help} {current && text.current(current)}{" "}
            {guide && <OutsideLink href={guide.href}>{text.guide(guide.site)}</OutsideLink>}
          </>
        }
        error={error}
        optional={field.optional ? common.optional : undefined}
        name={field.key}
      >
        {field.secret ? (
          <SecretInput value={value} onChange={onChange} label={field.label} readOnly={readOnly} />
        ) : (
          <Input
            value={value}
            onValueChange={onChange}
            readOnly={readOnly}
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
