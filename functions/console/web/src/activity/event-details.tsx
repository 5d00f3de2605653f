import { useState } from "react";
import { Link } from "wouter";
import type { Event } from "../api/types";
import { money } from "../format/money";
import { searchPage } from "../pages";
import { activity } from "../text";
import { Button } from "../ui/button";
import { Disclosure } from "../ui/disclosure";
import { Time } from "../ui/time";
import { Words } from "../ui/words";
import styles from "./event-details.module.css";
import type { FactInWords, Line } from "./event-words";
import { flatten } from "./json";

const texts = activity.event;
const MOST_LINES = 5;
const MOST_FIELDS = 300;

/** What else is known of an event: its products, its details, and folded, everything that was received. */
export function FactDetails({ event, fact }: { event: Event; fact: FactInWords }) {
  const { id, order_id, occurred_at, received_at, detail_type } = event.event;
  return (
    <aside className={styles.aside} aria-label={texts.details}>
      {fact.lines.length > 0 && <Lines lines={fact.lines} />}
      <dl className={styles.facts}>
        {fact.details.map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              <Words
                of={
                  typeof value === "object" && "text" in value ? [value] : typeof value === "string" ? [value] : value
                }
              />
            </dd>
          </div>
        ))}
        {order_id && (
          <div>
            <dt>{texts.order}</dt>
            <dd>
              <Link href={searchPage(order_id)} className={styles.link}>
                <bdi>{order_id}</bdi>
              </Link>
            </dd>
          </div>
        )}
        <div>
          <dt>{texts.happened}</dt>
          <dd>
            <Time at={occurred_at} />
          </dd>
        </div>
        <div>
          <dt>{texts.received}</dt>
          <dd>
            <Time at={received_at} />
          </dd>
        </div>
        <div>
          <dt>{texts.id}</dt>
          <dd>
            <code>{id}</code>
          </dd>
        </div>
      </dl>
      <Everything detail={event.detail} name={detail_type} />
    </aside>
  );
}

function Lines({ lines }: { lines: readonly Line[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? lines : lines.slice(0, MOST_LINES);
  const price = (amount: Line["price"]) => amount && money(amount.amount, amount.currency);
  const hasRefunds = lines.some(({ refunded }) => refunded);
  return (
    <section>
      <table className={styles.lines}>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{texts.product}</th>
            <th scope="col">{texts.quantity}</th>
            <th scope="col">{hasRefunds ? texts.refunded : texts.price}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((line) => (
            <tr key={line.id}>
              <td>
                <bdi>{line.name}</bdi>
                {(line.role || line.coupon) && (
                  <span className={styles.role}>
                    <bdi>{[line.role, line.coupon].filter(Boolean).join(" · ")}</bdi>
                  </span>
                )}
              </td>
              <td className={styles.number}>{line.quantity > 1 && `× ${line.quantity}`}</td>
              <td className={styles.number}>{price(line.refunded ?? line.price)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < lines.length && (
        <Button look="quiet" onClick={() => setAll(true)}>
          {texts.allLines(lines.length)}
        </Button>
      )}
    </section>
  );
}

function Everything({ detail, name }: { detail: unknown; name: string }) {
  const [open, setOpen] = useState(false);
  const { rows, more } = open ? flatten(detail, MOST_FIELDS) : { rows: [], more: 0 };
  return (
    <div className={styles.everything}>
      <Disclosure look="quiet" title={texts.allFields} onChange={setOpen}>
        <p className={styles.role}>
          <bdi>{name}</bdi>
        </p>
        <dl>
          {rows.map(({ path, value }) => (
            <div key={path}>
              <dt>
                <bdi>{path}</bdi>
              </dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
        {more > 0 && <p>{texts.moreFields(more)}</p>}
      </Disclosure>
    </div>
  );
}
