import { Toast as Base } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { common } from "../text";
import { Button, IconButton } from "./button";
import styles from "./toast.module.css";

/**
 * Shows messages from anywhere: `toasts.add({ title, description, timeout, actionProps })`. A message's time does not pass
 * while the pointer or the focus is on one, and F6 moves the focus there (WCAG 2.2, 2.2.1).
 */
export const toasts = Base.createToastManager();

/** More messages than this are inert, and could not be undone. */
const MOST = 10;

export function Toasts({ children }: { children: ReactNode }) {
  return (
    <Base.Provider toastManager={toasts} limit={MOST}>
      {children}
      <Base.Portal>
        <Base.Viewport className={styles.viewport}>
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function List() {
  const { toasts: shown } = Base.useToastManager();
  return shown.map((toast) => (
    <Base.Root key={toast.id} toast={toast} className={styles.toast}>
      <Base.Content className={styles.content}>
        <div className={styles.text}>
          <Base.Title className={styles.title} />
          <Base.Description className={styles.description} />
        </div>
        {toast.actionProps && <Base.Action render={<Button look="secondary">{toast.actionProps.children}</Button>} />}
        <Base.Close render={<IconButton icon={X} label={common.close} />} />
      </Base.Content>
    </Base.Root>
  ));
}
