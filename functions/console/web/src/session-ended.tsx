import { useState } from "react";
import { createPortal } from "react-dom";
import { renewToken } from "./api/session";
import styles from "./session-ended.module.css";
import { shell } from "./text";
import { Button } from "./ui/button";

/** The notice over a page whose session has ended. The page stays as it is, with everything that was typed. */
export function SessionEnded({ isFramed }: { isFramed: boolean }) {
  const [busy, setBusy] = useState(false);
  const renew = async () => {
    setBusy(true);
    await renewToken();
    setBusy(false);
  };
  // `aria-live` keeps it readable while a dialog is open.
  return createPortal(
    <div className={styles.notice} role="alert" aria-live="assertive">
      <div className={styles.text}>
        <p className={styles.title}>{shell.ended}</p>
        <p>{isFramed ? shell.endedInHost : shell.endedHelp}</p>
      </div>
      {isFramed && (
        <Button look="primary" busy={busy} onClick={() => void renew()}>
          {shell.continue}
        </Button>
      )}
    </div>,
    document.body,
  );
}
