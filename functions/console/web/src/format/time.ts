/** Times as merchants read them, in the viewer's time zone. */
import { common } from "../text/common";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const inWords = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "long" });
const thisYear = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "numeric",
  minute: "2-digit",
});
const otherYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });

/** Relative within a day of now, then as a date. */
export function relative(at: string, now: number): string {
  const time = Date.parse(at);
  const distance = time - now;
  const length = Math.abs(distance);
  if (length < MINUTE / 2) return distance > 0 ? inWords.format(0, "second") : common.justNow;
  if (length < HOUR) return inWords.format(Math.round(distance / MINUTE), "minute");
  if (length < DAY) return inWords.format(Math.round(distance / HOUR), "hour");
  const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? thisYear : otherYear).format(time);
}

/** With date, time and zone. */
export function exact(at: string): string {
  return full.format(Date.parse(at));
}

/** A day, such as Mon, 30 Nov. */
export function dayOf(at: string): string {
  return day.format(Date.parse(at));
}

const time = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long", hour: "numeric", minute: "2-digit" });

/** A time of today, or with its date: "16:06", "Tuesday 16:05", "20 Nov, 09:00". */
export function clock(at: string, now = Date.now()): string {
  const then = Date.parse(at);
  if (new Date(then).toDateString() === new Date(now).toDateString()) return time.format(then);
  return Math.abs(then - now) < 6 * DAY ? weekday.format(then) : thisYear.format(then);
}
