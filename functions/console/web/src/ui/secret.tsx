import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { common } from "../text";
import { IconButton } from "./button";
import { Input } from "./field";
import styles from "./secret.module.css";

type Props = { value: string; onChange: (value: string) => void; label: string; readOnly?: boolean };

/** An input for a key or a password: hidden, until the person chooses to see it. */
export function SecretInput({ value, onChange, label, readOnly = false }: Props) {
  const [shown, setShown] = useState(false);
  return (
    <span className={styles.secret}>
      <Input
        type={shown ? "text" : "password"}
        value={value}
        onValueChange={onChange}
        readOnly={readOnly}
        autoComplete="new-password"
        autoCapitalize="none"
        spellCheck={false}
      />
      <IconButton
        icon={shown ? EyeOff : Eye}
        label={shown ? common.hide(label) : common.show(label)}
        onClick={() => setShown(!shown)}
      />
    </span>
  );
}
