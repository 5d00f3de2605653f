import { useEffect } from "react";
import { Redirect, useLocation } from "wouter";
import { useParameter } from "../address";
import { Log } from "./action-log";
import { Timeline } from "./buyer-timeline";
import { EventPage } from "./event-page";
import { pageOf, searchOf } from "./search";
import { Found } from "./search-results";

/** The log, what a search found, an event or an action, by the address. */
export default function ActivityPage() {
  const [path] = useLocation();
  const [typed] = useParameter("q");
  const [, kind, id = ""] = path.slice(1).split("/").map(decoded);
  // The log keeps its own place.
  const page = kind === "events" ? path : typed;
  useEffect(() => {
    if (page) scrollTo({ top: 0 });
  }, [page]);
  if (kind === "events") return <EventPage key={id} id={id} />;
  if (kind === "actions") return <Log open={id} />;
  const search = searchOf(typed);
  const found = pageOf(search);
  if (found) return <Redirect to={found} replace />;
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
