import { createElement, Fragment, type ReactNode } from "react";
import type { Sentence } from "../format/told";

/** A sentence in which the texts of merchants and buyers are isolated from its direction. */
export function Words({ of, strong = false }: { of: Sentence; strong?: boolean }) {
  const pieces: ReactNode[] = [];
  for (const piece of of) {
    if (typeof piece === "string") pieces.push(piece);
    else pieces.push(<Isolated text={piece.text} strong={strong} />);
  }
  return createElement(Fragment, null, ...pieces);
}

function Isolated({ text, strong }: { text: string; strong: boolean }) {
  const isolated = <bdi>{text}</bdi>;
  return strong ? <strong>{isolated}</strong> : isolated;
}
