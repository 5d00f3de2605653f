import { Switch as Base } from "@base-ui/react/switch";
import styles from "./switch.module.css";

type Props = { checked: boolean; onChange: (checked: boolean) => void; label?: string; disabled?: boolean };

export function Switch({ checked, onChange, label, disabled = false }: Props) {
  return (
    <Base.Root
      className={styles.switch}
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled}
      aria-label={label}
    >
      <Base.Thumb className={styles.thumb} />
    </Base.Root>
  );
}
