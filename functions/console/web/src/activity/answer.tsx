import { createElement, type ReactNode } from "react";
import { Link } from "wouter";
import { activity } from "../text";
import { Time } from "../ui/time";
import styles from "./action-detail.module.css";
import { tokens } from "./message";

/** A text of the server or of an app. Ids are links, and times are those of the viewer. */
export function Answer({ text }: { text: string }) {
  const pieces: ReactNode[] = [];
  for (const token of tokens(text)) {
    if (token.is === "text") pieces.push(token.text);
    else if (token.is === "time") pieces.push(<Time at={token.at} kind="moment" />);
    else {
      pieces.push(
        <Link href={token.page} className={styles.link}>
          {activity.links[token.kind]}
        </Link>,
      );
    }
  }
  return createElement("bdi", null, ...pieces);
}
