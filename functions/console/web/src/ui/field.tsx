import { Field as Base } from "@base-ui/react/field";
import type { ComponentProps, ReactNode } from "react";
import styles from "./field.module.css";

type FieldProps = {
  label: ReactNode;
  help?: ReactNode;
  /** The reason why the value is not accepted. */
  error?: string | undefined;
  /** A finding that does not prevent saving. */
  warning?: string | undefined;
  optional?: string | undefined;
  /** The name of the field in the request body; used to find the field of an error. */
  name?: string;
  children: ReactNode;
};

/** A control with its label, its help and its error. */
export function Field({ label, help, error, warning, optional, name, children }: FieldProps) {
  return (
    <Base.Root className={styles.field} invalid={error !== undefined} data-field={name}>
      <Base.Label className={styles.label}>
        {label}
        {optional && <span className={styles.optional}> · {optional}</span>}
      </Base.Label>
      {children}
      {help && <Base.Description className={styles.help}>{help}</Base.Description>}
      {error && (
        <Base.Error className={styles.error} match={true}>
          {error}
        </Base.Error>
      )}
      {warning && !error && (
        <p className={styles.warning} role="status">
          {warning}
        </p>
      )}
    </Base.Root>
  );
}

type InputProps = Omit<ComponentProps<typeof Base.Control>, "className">;

/** A text input; inside a [`Field`] it has the field's label and error. */
export function Input(props: InputProps) {
  return <Base.Control {...props} className={styles.input} />;
}
