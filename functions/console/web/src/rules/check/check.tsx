import { rules as text } from "../../text";
import { Sentence } from "../sentence";
import type { Editor } from "../use-editor";
import styles from "./check.module.css";
import { DryRunPanel } from "./dry-run";
import { PreviewPanel } from "./preview";
import { TryPanel } from "./try";

/** What the rule would have done, what it sends, and a test with one address. */
export function Check({ editor }: { editor: Editor }) {
  const { isComplete, errors, body, draft, catalog } = editor;
  const names = { products: Object.fromEntries(draft.products.map(({ value, label }) => [value, label])) };
  return (
    <section className={styles.check} aria-label={text.check.title}>
      <h3>{text.check.title}</h3>
      {isComplete ? (
        <>
          <p>
            <Sentence
              rule={{ ...body, settings: body.settings ?? {}, labels: draft.labels, names }}
              catalog={catalog}
            />
          </p>
          <DryRunPanel editor={editor} />
          <PreviewPanel editor={editor} />
          {Object.keys(errors).length === 0 && <TryPanel editor={editor} />}
        </>
      ) : (
        <p className={styles.soft}>{text.check.incomplete}</p>
      )}
    </section>
  );
}
