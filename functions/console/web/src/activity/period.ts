/** The period of the log: a length such as `7d`, or the time at which it begins. */
export const PERIODS = ["24h", "7d", "30d"] as const;
export type Period = (typeof PERIODS)[number];

const HOUR = 3_600_000;
const LENGTHS: Record<Period, number> = { "24h": 24 * HOUR, "7d": 7 * 24 * HOUR, "30d": 30 * 24 * HOUR };

export function isPeriod(text: string): text is Period {
  return (PERIODS as readonly string[]).includes(text);
}

/** The time at which a period begins, by the full hour so that it stays the same for a while. Null without one. */
export function beginOf(period: string, now: number): string | null {
  if (isPeriod(period)) return new Date(Math.floor((now - LENGTHS[period]) / HOUR) * HOUR).toISOString();
  const time = Date.parse(period);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
