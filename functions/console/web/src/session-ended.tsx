import { renewToken } from "./api/session";
import { useSubmit } from "./api/use-submit";
import { shell } from "./text";
import { Button } from "./ui/button";
import { Notice } from "./ui/notice";

/** The notice over a page whose session has ended. */
export function SessionEnded({ isFramed }: { isFramed: boolean }) {
  const renewal = useSubmit({ send: renewToken });
  const renew = (
    <Button look="primary" busy={renewal.isPending} onClick={() => renewal.submit()}>
      {shell.continue}
    </Button>
  );
  return (
    <Notice title={shell.ended} action={isFramed && renew}>
      {isFramed ? shell.endedInHost : shell.endedHelp}
    </Notice>
  );
}
