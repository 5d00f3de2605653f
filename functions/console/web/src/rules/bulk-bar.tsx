import { useEffect, useRef, useState } from "react";
import type { Rule } from "../api/types";
import { rules as text } from "../text";
import { Button } from "../ui/button";
import styles from "./rule-list.module.css";

type Props = {
  chosen: readonly Rule[];
  all: readonly Rule[];
  onSelect: (rules: readonly Rule[]) => void;
  onTurn: (change: "enable" | "disable") => Promise<void>;
  onDelete: () => void;
};

/** Selects the rules that are shown, and changes those that are selected. */
export function BulkBar({ chosen, all, onSelect, onTurn, onDelete }: Props) {
  const [busy, setBusy] = useState<"enable" | "disable" | null>(null);
  const box = useRef<HTMLInputElement>(null);
  const isPartly = chosen.length > 0 && chosen.length < all.length;
  useEffect(() => {
    if (box.current) box.current.indeterminate = isPartly;
  }, [isPartly]);
  if (all.length === 0) return null;

  const turn = async (change: "enable" | "disable") => {
    setBusy(change);
    await onTurn(change);
    setBusy(null);
  };
  return (
    <section className={styles.bulk} aria-label={text.bulk.label}>
      <label className={styles.all}>
        <input
          ref={box}
          type="checkbox"
          checked={chosen.length === all.length}
          aria-label={text.list.selectAll}
          onChange={(event) => onSelect(event.target.checked ? all : [])}
        />
        <span role="status">{chosen.length > 0 ? text.bulk.selected(chosen.length) : text.list.selectAll}</span>
      </label>
      {chosen.length > 0 && (
        <div className={styles.buttons}>
          <Button onClick={() => void turn("enable")} busy={busy === "enable"}>
            {text.bulk.enable}
          </Button>
          <Button onClick={() => void turn("disable")} busy={busy === "disable"}>
            {text.bulk.disable}
          </Button>
          <Button look="danger" onClick={onDelete}>
            {text.bulk.remove}
          </Button>
        </div>
      )}
    </section>
  );
}
