import { useQuery } from "@tanstack/react-query";
import { CheckCircle2, Circle } from "lucide-react";
import { useLocation } from "wouter";
import { useCanWrite } from "../api/permission";
import { integrationsQuery } from "../api/queries";
import { rulePage } from "../pages";
import { overview } from "../text";
import { Button } from "../ui/button";
import { classes } from "../ui/classes";
import styles from "./start.module.css";
import { progressQuery } from "./summary";

const texts = overview.start;

type Progress = { done: { connect: boolean; rule: boolean; see: boolean }; rule: string | null };

/** How far the merchant has come; undefined while that is not known. */
export function useProgress(): Progress | undefined {
  const { data: accounts } = useQuery(integrationsQuery);
  const { data: progress } = useQuery(progressQuery);
  if (!accounts || !progress) return undefined;
  const { rule, hasAction } = progress;
  return { done: { connect: accounts.length > 0, rule: rule !== null, see: hasAction }, rule };
}

/** The three steps of the first run, with their progress. The next one has the main button. */
export function Start({ progress: { done, rule } }: { progress: Progress }) {
  const [, navigate] = useLocation();
  const canWrite = useCanWrite();
  const steps = [
    { key: "connect", to: "/apps" },
    { key: "rule", to: "/rules/new" },
    { key: "see", to: rule ? rulePage(rule) : "/rules" },
  ] as const;
  const next = steps.find(({ key }) => !done[key])?.key;
  const finished = steps.filter(({ key }) => done[key]).length;
  return (
    <section className={styles.start} aria-labelledby="start">
      <header>
        <h2 id="start">{texts.title}</h2>
        <p className={styles.soft}>{texts.detail}</p>
        <p className={styles.progress}>
          <progress value={finished} max={steps.length} aria-label={texts.progress(finished)} />
          {texts.progress(finished)}
        </p>
      </header>
      <ol className={styles.steps}>
        {steps.map(({ key, to }) => {
          const { title, detail, action } = texts.steps[key];
          const Icon = done[key] ? CheckCircle2 : Circle;
          return (
            <li key={key} className={classes(styles.step, done[key] && styles.done)}>
              <Icon size={20} aria-hidden className={styles.tick} />
              <div className={styles.text}>
                <h3>
                  {title}
                  {done[key] && <span className="visually-hidden"> · {texts.done}</span>}
                </h3>
                <p className={styles.soft}>{detail}</p>
              </div>
              {canWrite && !done[key] && (
                <Button
                  look={key === next ? "primary" : "secondary"}
                  disabled={key !== next && !(key === "rule" && done.connect)}
                  onClick={() => navigate(to)}
                >
                  {action}
                </Button>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
