import { Menu as Base } from "@base-ui/react/menu";
import { type LucideIcon, MoreHorizontal } from "lucide-react";
import { IconButton } from "./button";
import { classes } from "./classes";
import popup from "./popup.module.css";

export type MenuItem = { label: string; icon?: LucideIcon; onSelect: () => void; danger?: boolean; disabled?: boolean };

/** The further actions of an item, behind a button with three dots. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={<IconButton icon={MoreHorizontal} label={label} />} />
      <Base.Portal>
        <Base.Positioner className={popup.positioner} sideOffset={4} align="end">
          <Base.Popup className={popup.popup}>
            {items.map(({ label: name, icon: Icon, onSelect, danger, disabled }) => (
              <Base.Item
                key={name}
                className={classes(popup.item, danger && popup.danger)}
                onClick={onSelect}
                disabled={disabled ?? false}
              >
                {Icon && <Icon size={16} aria-hidden />}
                {name}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
