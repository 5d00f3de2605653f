import { useEffect, useRef } from "react";
import { Redirect, useLocation } from "wouter";
import { useParameter } from "../address";
import { EventPage } from "./event";
import { Found } from "./found";
import { Log } from "./log";
import { pageOf, searchOf } from "./search";
import { Timeline } from "./timeline";

/** The log, what a search found, an event or an action, by the address. */
export default function ActivityPage() {
  const [path] = useLocation();
  const [typed] = useParameter("q");
  const [, kind, id = ""] = path.slice(1).split("/").map(decoded);
  const shown = useRef<string | undefined>(undefined);
  useEffect(() => {
    // Beside an open action, the list keeps its place.
    const isBeside = matchMedia("(min-width: 960px)").matches;
    const page = isBeside && kind !== "events" ? "log" : path;
    if (shown.current !== page) scrollTo({ top: 0 });
    shown.current = page;
  }, [path, kind]);
  if (kind === "events") return <EventPage key={id} id={id} />;
  if (kind === "actions") return <Log open={id} />;
  const search = searchOf(typed);
  const page = pageOf(search);
  if (page) return <Redirect to={page} replace />;
  if (search.kind === "buyer") return <Timeline key={search.email} email={search.email} />;
  if (search.kind === "text") return <Found key={search.text} text={search.text} />;
  return <Log />;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
