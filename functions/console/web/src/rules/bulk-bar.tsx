import { useEffect, useRef } from "react";
import type { Rule } from "../api/types";
import { rules as text } from "../text";
import { Button } from "../ui/button";
import styles from "./rule-list.module.css";

type Change = "enable" | "disable";

type Props = {
  chosen: readonly Rule[];
  all: readonly Rule[];
  onSelect: (rules: readonly Rule[]) => void;
  /** The change that is under way. */
  turning: Change | null;
  onTurn: (change: Change) => void;
  onDelete: () => void;
};

/** Selects the rules that are shown, and changes those that are selected. */
export function BulkBar({ chosen, all, onSelect, turning, onTurn, onDelete }: Props) {
  const box = useRef<HTMLInputElement>(null);
  const isPartly = chosen.length > 0 && chosen.length < all.length;
  useEffect(() => {
    if (box.current) box.current.indeterminate = isPartly;
  }, [isPartly]);
  if (all.length === 0) return null;

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
          <Button onClick={() => onTurn("enable")} busy={turning === "enable"}>
            {text.bulk.enable}
          </Button>
          <Button onClick={() => onTurn("disable")} busy={turning === "disable"}>
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
