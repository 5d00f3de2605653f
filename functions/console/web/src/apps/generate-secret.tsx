import { RefreshCw } from "lucide-react";
import { client, unwrap } from "../api/client";
import { messageOf } from "../api/problem";
import { useSubmit } from "../api/use-submit";
import { apps as text } from "../text";
import { Button } from "../ui/button";
import { Copyable } from "../ui/copy";
import styles from "./connect.module.css";

/** Generates a webhook's signing secret into its field, and shows it once. */
export function GenerateSecret({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const generate = useSubmit({
    send: () => unwrap(client.POST("/v1/signing-secrets")),
    onSuccess: ({ signing_secret }) => onChange(signing_secret),
  });
  const secret = generate.data?.signing_secret;
  if (secret !== undefined && secret === value) {
    return (
      <div className={styles.generated} role="status">
        <p>{text.secretOnce}</p>
        <Copyable value={secret} label={text.secret} />
      </div>
    );
  }
  return (
    <div className={styles.left}>
      <Button icon={RefreshCw} busy={generate.isPending} onClick={() => generate.submit()}>
        {text.generateSecret}
      </Button>
      {generate.isError && <p role="alert">{messageOf(generate.error)}</p>}
    </div>
  );
}
