import { useQuery } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useCallback, useState } from "react";
import { Link } from "wouter";
import { type Names, useNames } from "../api/names";
import { useCanWrite } from "../api/permission";
import type { Action, Event } from "../api/types";
import { buyerPage } from "../pages";
import { activity } from "../text";
import { Button, ButtonLink } from "../ui/button";
import { Empty } from "../ui/empty";
import { Failure } from "../ui/failure";
import { Note } from "../ui/note";
import { Page } from "../ui/page";
import { Rows } from "../ui/skeleton";
import { Time } from "../ui/time";
import { Words } from "../ui/words";
import { Test } from "./action-row";
import { Answer } from "./answer";
import { EventActions } from "./event-actions";
import { FactDetails } from "./event-details";
import styles from "./event-page.module.css";
import { EventRules } from "./event-rules";
import { type FactInWords, factInWords } from "./event-words";
import { useAnnouncement } from "./live";
import { eventQuery, isUnknown } from "./queries";
import { ReplayDialog } from "./replay-dialog";
import { senseOf } from "./status";

const texts = activity.event;

/** What happened in plain words, the actions that followed, and every rule with its verdict. A test is of one rule. */
export function EventPage({ id }: { id: string }) {
  const { data: event, error, isPending, refetch } = useQuery(eventQuery(id));
  const names = useNames();
  if (isPending) return <Rows count={8} />;
  if (!event && isUnknown(error)) {
    return (
      <Page title={activity.title}>
        <Empty title={texts.notFound} action={<ButtonLink href="/activity">{activity.found.back}</ButtonLink>}>
          {texts.notFoundHelp}
        </Empty>
      </Page>
    );
  }
  if (!event) return <Failure error={error} retry={refetch} />;
  const fact = factInWords(event.event.detail_type, event.event.email, event.detail);
  return <Shown event={event} fact={fact} names={names} />;
}

function Shown({ event, fact, names }: { event: Event; fact: FactInWords; names: Names }) {
  const say = useCallback(
    (changed: Action[]) =>
      changed
        .map(({ app, action, status }) => activity.action.announce(names.action(app, action), senseOf(status).word))
        .join(" "),
    [names.action],
  );
  const announcement = useAnnouncement(event.actions, say);
  const { email, occurred_at, test } = event.event;
  return (
    <Page
      title={<Words of={fact.sentence} />}
      back={{ href: "/activity", label: activity.title }}
      detail={
        <span className={styles.under}>
          <Time at={occurred_at} />
          <Link href={buyerPage(email)} className={styles.link}>
            <bdi>{email}</bdi>
          </Link>
          {test && <Test />}
          {fact.testMode && !test && <span>{texts.testMode}</span>}
        </span>
      }
      actions={!test && <ReplayButton event={event} names={names} />}
    >
      <p role="status" className="visually-hidden">
        {announcement}
      </p>
      <div className={styles.columns}>
        <div className={styles.main}>
          {event.notes.length > 0 && (
            <Note meaning="waiting">
              {event.notes.map((note) => (
                <p key={note}>
                  <Answer text={note} />
                </p>
              ))}
            </Note>
          )}
          <EventActions event={event} fact={fact} names={names} />
          {!test && <EventRules event={event} fact={fact} names={names} />}
        </div>
        <FactDetails event={event} fact={fact} />
      </div>
    </Page>
  );
}

function ReplayButton({ event, names }: { event: Event; names: Names }) {
  const [open, setOpen] = useState(false);
  const canWrite = useCanWrite();
  if (!canWrite) return null;
  return (
    <>
      <Button icon={RotateCcw} onClick={() => setOpen(true)}>
        {texts.replay}
      </Button>
      {open && <ReplayDialog event={event.event.id} names={names} onClose={() => setOpen(false)} />}
    </>
  );
}
