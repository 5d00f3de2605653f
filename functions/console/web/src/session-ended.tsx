import { createPortal } from "react-dom";
import { renewToken } from "./api/session";
import { useSubmit } from "./api/use-submit";
import styles from "./session-ended.module.css";
import { shell } from "./text";
import { Button } from "./ui/button";

/** The notice over a page whose session has ended. The page stays as it is, with everything that was typed. */
export function SessionEnded({ isFramed }: { isFramed: boolean }) {
  const renewal = useSubmit({ send: renewToken });
  // `aria-live` keeps it readable while a dialog is open.
  return createPortal(
    <div className={styles.notice} role="alert" aria-live="assertive">
      <div className={styles.text}>
        <p className={styles.title}>{shell.ended}</p>
        <p>{isFramed ? shell.endedInHost : shell.endedHelp}</p>
      </div>
      {isFramed && (
        <Button look="primary" busy={renewal.isPending} onClick={() => renewal.submit()}>
          {shell.continue}
        </Button>
      )}
    </div>,
    document.body,
  );
}
