import type { CatalogApp } from "../api/queries";
import { apps as text } from "../text";
import { Disclosure } from "../ui/disclosure";
import styles from "./app-notes.module.css";

type NeedsProps = {
  app: CatalogApp;
  /** What the only way to connect requires. */
  help: string | undefined;
};

/** What an account of the app needs: it is known before the person looks for its key. */
export function Needs({ app, help }: NeedsProps) {
  const { needs = [] } = app.manifest;
  if (needs.length === 0 && !help) return null;
  return (
    <section className={styles.needs}>
      <h3>{text.needs}</h3>
      {needs.length > 0 && <Sentences of={needs} />}
      {help && <p className={styles.help}>{help}</p>}
    </section>
  );
}

/** What surprises merchants about the app. */
export function Traps({ app }: { app: CatalogApp }) {
  const { traps = [] } = app.manifest;
  if (traps.length === 0) return null;
  return (
    <Disclosure look="quiet" title={text.traps(app.label)}>
      <Sentences of={traps} />
    </Disclosure>
  );
}

function Sentences({ of }: { of: readonly string[] }) {
  const [only, ...more] = of;
  if (more.length === 0) return <p>{only}</p>;
  return (
    <ul className={styles.list}>
      {of.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}
