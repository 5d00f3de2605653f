import { type ReactNode, type Ref, useRef } from "react";
import styles from "./form.module.css";

type Props = { id: string; onSubmit: () => void; children: ReactNode; ref?: Ref<HTMLFormElement> };

/** A form. Enter in a text field or Ctrl+Enter anywhere submits it. */
export function Form({ id, onSubmit, children, ref }: Props) {
  const own = useRef<HTMLFormElement>(null);
  return (
    <form
      id={id}
      ref={ref ?? own}
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        event.currentTarget.requestSubmit();
      }}
    >
      {children}
    </form>
  );
}

/** Moves the focus to the first field that has an error. Call it after the errors are shown. */
export function focusFirstError(form: HTMLElement | null): void {
  const field = form?.querySelector("[data-field][data-invalid]");
  field?.querySelector<HTMLElement>("input, textarea, button, [tabindex]")?.focus();
}
