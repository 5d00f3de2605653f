import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { useBack } from "../overlays";
import { common } from "../text";
import { IconButton } from "./button";
import { classes } from "./classes";
import styles from "./dialog.module.css";

type Props = {
  open: boolean;
  /** Called when the person closes it: by Escape, the close button, or a click outside. */
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  /** The buttons at the bottom. */
  footer?: ReactNode;
  children: ReactNode;
  /** `slide-out` comes from the right and has the height of the window; a `question` is closed by its answers. */
  kind?: "dialog" | "slide-out" | "question";
  /** Whether the address says that it is open. */
  inAddress?: boolean;
};

/** The control that has the focus first: a field of the form; the dialog itself while its content is read. */
const FIRST = '[role="radio"][tabindex="0"], input:not([aria-hidden="true"]), textarea, [role="combobox"]';

/** A double click opens a dialog with its first click. The second one is outside of it, and must not close it. */
function isSecondClick(event: Event): boolean {
  return event instanceof MouseEvent && event.detail > 1;
}

/** A dialog or a slide-out over the page: it holds the focus and returns it when it closes. */
export function Dialog({
  open,
  onClose,
  title,
  description,
  footer,
  children,
  kind = "dialog",
  inAddress = false,
}: Props) {
  useBack(open && !inAddress, onClose);
  const popup = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  // A finger has not chosen the field yet, and the keyboard would cover the dialog.
  const first = (by: string) => (by !== "touch" && body.current?.querySelector<HTMLElement>(FIRST)) || popup.current;
  return (
    <Base.Root open={open} onOpenChange={(next, { event }) => !next && !isSecondClick(event) && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles.backdrop} />
        <Base.Popup ref={popup} className={classes(styles.popup, styles[kind])} initialFocus={first}>
          <header className={styles.header}>
            <div className={styles.heading}>
              <Base.Title className={styles.title}>{title}</Base.Title>
              {description && <Base.Description className={styles.description}>{description}</Base.Description>}
            </div>
            {kind !== "question" && <Base.Close render={<IconButton icon={X} label={common.close} />} />}
          </header>
          <div ref={body} className={styles.body}>
            {children}
          </div>
          {footer && <footer className={styles.footer}>{footer}</footer>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
