import { ApiError, messageOf } from "../api/problem";
import { common } from "../text";
import { Button } from "./button";
import { Note } from "./note";

/** A read or a change that failed, in the server's words, with a button that repeats it. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  // The notice of the ended session says how to continue, and then everything is read again.
  if (error instanceof ApiError && error.status === 401) return <p>{common.sessionEnded}</p>;
  return (
    <Note
      meaning="failed"
      title={common.failed}
      action={
        retry && (
          <Button onClick={retry} look="secondary">
            {common.tryAgain}
          </Button>
        )
      }
    >
      {messageOf(error)}
    </Note>
  );
}
