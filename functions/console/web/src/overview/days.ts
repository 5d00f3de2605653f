/** The times at which the overview's periods begin. */
import type { Period } from "../activity/period";

const HOUR = 3_600_000;
const DAYS = { "7d": 7, "30d": 30 } as const;

/** The first time of a period: days begin at the viewer's midnight. */
export function sinceOf(period: Period, now: number): Date {
  if (period === "24h") return new Date((Math.floor(now / HOUR) - 23) * HOUR);
  const day = midnight(now);
  day.setDate(day.getDate() - (DAYS[period] - 1));
  return day;
}

/** The time at which the viewer's day began. */
export function midnight(now: number): Date {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  return day;
}
