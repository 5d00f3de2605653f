import { Combobox as Base } from "@base-ui/react/combobox";
import { Check, ChevronDown, Plus, X } from "lucide-react";
import { type KeyboardEvent, useMemo, useState } from "react";
import { common } from "../text";
import styles from "./combobox.module.css";
import popup from "./popup.module.css";

export type Item = {
  value: string;
  label: string;
  /** What the list says below the label. */
  detail?: string | undefined;
  /** What the chip says after the label. */
  note?: string | undefined;
};

type Common = {
  items: readonly Item[];
  placeholder: string;
  /** Searches on the server. Without it, the items are filtered here. */
  onSearch?: (text: string) => void;
  /** Called when the list opens. */
  onOpen?: () => void;
  loading?: boolean;
  /** Says what happens with a typed value; without it, only items can be chosen. */
  typed?: ((value: string) => string) | undefined;
  disabled?: boolean;
  label?: string;
  /** What the list says if there are no items at all. */
  none?: string | undefined;
};

type One = Common & { many?: false; value: Item | null; onChange: (value: Item | null) => void };
type Many = Common & { many: true; value: readonly Item[]; onChange: (value: Item[]) => void };

const MOST_SHOWN = 200;

/** Escape closes the list. If the list is closed, it is for what surrounds the control, and removes no value. */
function keepOnEscape(event: KeyboardEvent<HTMLInputElement> & { preventBaseUIHandler: () => void }): void {
  const isOpen = event.currentTarget.getAttribute("aria-expanded") === "true";
  if (event.key === "Escape" && !isOpen) event.preventBaseUIHandler();
}

/** A choice among many values, found by typing: one, or several as chips. */
export function Combobox(props: One | Many) {
  const [text, setText] = useState("");
  const selected = props.many ? props.value : props.value ? [props.value] : [];
  const items = useMemo(() => {
    const known = new Set(props.items.map(({ value }) => value));
    const typed = text.trim();
    // A search lists what it found; without one, what is selected can be seen and removed in the list too.
    const others = typed === "" ? selected.filter(({ value }) => !known.has(value)) : [];
    const all = [...others, ...props.items];
    const isNew = typed !== "" && ![...all, ...selected].some((item) => item.label === typed || item.value === typed);
    return props.typed && isNew ? [...all, { value: typed, label: typed, detail: props.typed(typed) }] : all;
  }, [props.items, props.typed, selected, text]);

  const search = (next: string) => {
    setText(next);
    props.onSearch?.(next);
  };
  const shared = {
    items,
    limit: MOST_SHOWN,
    inputValue: undefined,
    onInputValueChange: search,
    itemToStringLabel: (item: Item) => item.label,
    isItemEqualToValue: (a: Item, b: Item) => a.value === b.value,
    disabled: props.disabled ?? false,
    autoHighlight: true,
    onOpenChange: (isOpen: boolean) => {
      if (isOpen) props.onOpen?.();
    },
    ...(props.onSearch ? { filter: null } : {}),
  };

  const list = (
    <Base.Portal>
      <Base.Positioner className={popup.positioner} sideOffset={4}>
        <Base.Popup className={popup.popup} aria-busy={props.loading || undefined}>
          <Base.Empty className={popup.empty}>
            {props.loading
              ? common.loading
              : text.trim() === ""
                ? (props.none ?? common.nothingFound)
                : common.nothingFound}
          </Base.Empty>
          <Base.List>
            {(item: Item) => (
              <Base.Item key={item.value} value={item} className={popup.item}>
                <span className={popup.itemText}>
                  <bdi>{item.label}</bdi>
                  {item.detail && <span className={popup.itemDetail}>{item.detail}</span>}
                </span>
                <span className={popup.check}>
                  <Base.ItemIndicator>
                    <Check size={16} aria-hidden />
                  </Base.ItemIndicator>
                </span>
              </Base.Item>
            )}
          </Base.List>
        </Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  );

  if (props.many) {
    return (
      <Base.Root multiple {...shared} value={[...props.value]} onValueChange={(next) => props.onChange(next)}>
        <Base.InputGroup className={styles.box}>
          <Base.Chips className={styles.chips}>
            {props.value.map((item) => (
              <Base.Chip key={item.value} className={styles.chip} aria-label={item.label}>
                <bdi className={styles.chipLabel}>{item.label}</bdi>
                {item.note && <span className={styles.note}>{item.note}</span>}
                <Base.ChipRemove className={styles.remove} aria-label={common.remove(item.label)}>
                  <X size={12} aria-hidden />
                </Base.ChipRemove>
              </Base.Chip>
            ))}
            <Base.Input
              className={styles.input}
              placeholder={props.value.length ? "" : props.placeholder}
              aria-label={props.label}
              onKeyDown={keepOnEscape}
            />
          </Base.Chips>
          <Base.Trigger className={styles.trigger} aria-label={common.showOptions}>
            {props.typed ? <Plus size={16} aria-hidden /> : <ChevronDown size={16} aria-hidden />}
          </Base.Trigger>
        </Base.InputGroup>
        {list}
      </Base.Root>
    );
  }
  return (
    <Base.Root {...shared} value={props.value} onValueChange={(next) => props.onChange(next)}>
      <Base.InputGroup className={styles.box}>
        <Base.Input
          className={styles.input}
          placeholder={props.placeholder}
          aria-label={props.label}
          onKeyDown={keepOnEscape}
        />
        <Base.Trigger className={styles.trigger} aria-label={common.showOptions}>
          <ChevronDown size={16} aria-hidden />
        </Base.Trigger>
      </Base.InputGroup>
      {list}
    </Base.Root>
  );
}
