import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { clock, exact, relative } from "../format/time";
import styles from "./time.module.css";

/**
 * A time: relative for a day, then as a date; or as a moment, such as Tuesday 16:05. The exact time is shown on hover and
 * on focus: that of the link or button around the time if there is one.
 */
export function Time({ at, kind = "relative" }: { at: string; kind?: "relative" | "moment" }) {
  const now = useNow();
  const time = useRef<HTMLTimeElement>(null);
  const [{ isInControl, side }, setPlace] = useState({ isInControl: true, side: "end" });
  useLayoutEffect(() => {
    const element = time.current;
    if (!element) return;
    const side = element.getBoundingClientRect().left < innerWidth / 2 ? "start" : "end";
    setPlace({ isInControl: element.closest("a, button, summary") !== null, side });
  }, []);
  return (
    <time
      ref={time}
      className={styles.time}
      dateTime={at}
      title={exact(at)}
      data-exact={exact(at)}
      data-side={side}
      tabIndex={isInControl ? undefined : 0}
    >
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
