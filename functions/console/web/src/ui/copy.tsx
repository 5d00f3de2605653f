import { Check, Copy as CopyIcon } from "lucide-react";
import { useState } from "react";
import { common } from "../text";
import { IconButton } from "./button";
import styles from "./copy.module.css";

/** A value that is shown in full and can be copied, such as an address. */
export function Copyable({ value, label }: { value: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <span className={styles.copyable}>
      <code className={styles.value}>{value}</code>
      <IconButton icon={copied ? Check : CopyIcon} label={copied ? common.copied : common.copy(label)} onClick={copy} />
    </span>
  );
}
