import { useQuery } from "@tanstack/react-query";
import { ArrowRight, Pencil, RotateCcw } from "lucide-react";
import { useState } from "react";
import { Link, useLocation } from "wouter";
import { type Names, useRuleNames } from "../api/names";
import { useCanWrite } from "../api/permission";
import type { Event } from "../api/types";
import { name, type Piece, plain } from "../format/told";
import { actionPage, rulePage } from "../pages";
import { activity } from "../text";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { Disclosure } from "../ui/disclosure";
import { Failure } from "../ui/failure";
import { Shape } from "../ui/shape";
import { Rows } from "../ui/skeleton";
import { Words } from "../ui/words";
import styles from "./event-rules.module.css";
import type { FactInWords } from "./event-words";
import { explanationQuery } from "./queries";
import { ReplayDialog } from "./replay-dialog";
import { type Reading, type RuleReading, readRules } from "./rule-readings";
import { senseOf } from "./status";
import type { Nearness } from "./verdict";

const texts = activity.event;
const MOST_SHOWN = 25;

type Props = { event: Event; fact: FactInWords; names: Names };

/** Every rule with its verdict: those that fired, wait or nearly fired, and the others folded. */
export function EventRules({ event, fact, names }: Props) {
  const { data, error, isPending, refetch } = useQuery(explanationQuery(event.event.id));
  const nameOf = useRuleNames();
  if (isPending) return <Rows count={3} />;
  if (!data) return <Failure error={error} retry={refetch} />;
  const context = {
    waitsUntil: event.event.timer?.fires_at ?? null,
    currency: fact.currency,
    nameOf: (rule: string) => nameOf(rule) ?? null,
  };
  const rules = readRules(data, event.event.timer, context);
  const of = (near: Nearness) => rules.filter((rule) => rule.near === near);
  const unrelated = of("unrelated");
  const show = (rules: RuleReading[]) => <RuleList rules={rules} event={event} fact={fact} names={names} />;
  return (
    <section className={styles.section}>
      <h2>{texts.rules}</h2>
      {rules.length === 0 && <p className={styles.soft}>{texts.noRules}</p>}
      {(["fired", "waiting", "nearly"] as const).map(
        (near) =>
          of(near).length > 0 && (
            <div key={near}>
              <h3 className={styles.group}>{texts.rulesOf[near]}</h3>
              {show(of(near))}
            </div>
          ),
      )}
      {unrelated.length > 0 && (
        <Disclosure look="quiet" title={texts.rulesOf.unrelated(unrelated.length)}>
          {show(unrelated)}
        </Disclosure>
      )}
    </section>
  );
}

function RuleList({ rules, ...rest }: Props & { rules: RuleReading[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? rules : rules.slice(0, MOST_SHOWN);
  return (
    <>
      <ul className={styles.rules}>
        {shown.map((rule) => (
          <RuleItem key={rule.rule} rule={rule} {...rest} />
        ))}
      </ul>
      {shown.length < rules.length && <Button onClick={() => setAll(true)}>{texts.showAll(rules.length)}</Button>}
    </>
  );
}

function RuleItem({ rule, event, fact, names }: Props & { rule: RuleReading }) {
  const known = useRuleNames()(rule.rule);
  const steps = new Map(rule.readings.map((reading) => [reading.step, reading]));
  return (
    <li className={styles.rule}>
      <div className={styles.text}>
        <p className={styles.head}>
          {known === null ? (
            <span className={styles.name}>{activity.action.deletedRule}</span>
          ) : (
            <Link href={rulePage(rule.rule)} className={styles.name}>
              <bdi>{known ?? rule.rule}</bdi>
            </Link>
          )}
          <span className={styles.soft}>{names.trigger(rule.trigger)}</span>
        </p>
        {rule.readings.map((reading) => (
          <ReadingLine
            key={`${reading.meaning} ${reading.lines.join(" ")}`}
            reading={reading}
            event={event}
            fact={fact}
          />
        ))}
      </div>
      <div className={styles.ways}>
        {[...steps].map(([step, reading]) => (
          <WayOut key={step} rule={rule.rule} exists={known !== null} reading={reading} event={event} names={names} />
        ))}
      </div>
    </li>
  );
}

function ReadingLine({ reading, event, fact }: { reading: Reading; event: Event; fact: FactInWords }) {
  return (
    <div className={styles.reading}>
      <Shape meaning={reading.meaning} />
      <div className={styles.words}>
        <p>
          <Lines lines={reading.lines} fact={fact} />
          <Words of={reading.words} strong />
        </p>
        {reading.leftOut.map((part) => (
          <p key={plain(part)} className={styles.soft}>
            <Words of={part} />
          </p>
        ))}
        <Results actions={reading.actions} event={event} />
      </div>
    </div>
  );
}

const MOST_RESULTS = 5;

/** The results of a rule's actions, each with its page. */
function Results({ actions, event }: { actions: readonly string[]; event: Event }) {
  const results = event.actions.filter(({ id }) => actions.includes(id)).slice(0, MOST_RESULTS);
  if (results.length === 0) return null;
  return (
    <p className={styles.results}>
      {results.map(({ id, status }) => (
        <Link key={id} href={actionPage(id)}>
          <Badge meaning={senseOf(status).meaning}>{senseOf(status).word}</Badge>
        </Link>
      ))}
    </p>
  );
}

const MOST_LINES = 3;

/** The products of the order that a verdict is about, if the order has several. */
function Lines({ lines, fact }: { lines: readonly string[]; fact: FactInWords }) {
  if (fact.lines.length < 2 || lines.length === 0 || lines.length === fact.lines.length) return null;
  const shown = lines.slice(0, MOST_LINES).map((line): Piece => {
    return name(fact.lines.find(({ id }) => id === line)?.name ?? line);
  });
  const rest = lines.length - shown.length;
  return (
    <span className={styles.soft}>
      <Words of={activity.facts.list([...shown, ...(rest > 0 ? [texts.andLines(rest)] : [])])} />
      {": "}
    </span>
  );
}

type WayOutProps = { rule: string; exists: boolean; reading: Reading; event: Event; names: Names };

function WayOut({ rule, exists, reading, event, names }: WayOutProps) {
  const [runs, setRuns] = useState(false);
  const canWrite = useCanWrite();
  const [, navigate] = useLocation();
  const { otherRule } = reading;
  switch (reading.step) {
    case "edit-rule":
      return exists ? (
        <Button icon={canWrite ? Pencil : ArrowRight} onClick={() => navigate(rulePage(rule))}>
          {canWrite ? activity.steps.editRule : activity.steps.seeRule}
        </Button>
      ) : null;
    case "see-other-rule":
      return otherRule && otherRule !== rule ? (
        <Button icon={ArrowRight} onClick={() => navigate(rulePage(otherRule))}>
          {activity.steps.seeRule}
        </Button>
      ) : null;
    case "run-rule":
      return canWrite && !event.event.test ? (
        <>
          <Button icon={RotateCcw} onClick={() => setRuns(true)}>
            {texts.runRule}
          </Button>
          {runs && <ReplayDialog event={event.event.id} rule={rule} names={names} onClose={() => setRuns(false)} />}
        </>
      ) : null;
    case null:
      return null;
  }
}
