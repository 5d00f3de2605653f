import { useEffect, useState } from "react";
import { clock, exact, relative } from "../format/time";

/** A time: relative for a day, then as a date; or as a moment, such as Tuesday 16:05. The exact time is shown on hover and on focus. */
export function Time({ at, kind = "relative" }: { at: string; kind?: "relative" | "moment" }) {
  const now = useNow();
  return (
    <time dateTime={at} title={exact(at)}>
      {kind === "moment" ? clock(at, now) : relative(at, now)}
    </time>
  );
}

/** The current time, renewed twice a minute. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
