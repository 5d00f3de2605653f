/**
 * Back closes an overlay. Each open overlay has an entry of its own in the history, with the address of the page below
 * it and its depth: 1 for a dialog, 2 for a question over it. An overlay with an address of its own needs none.
 */
import { useEffect, useRef } from "react";

/** What the history knows of an entry. */
type Entry = {
  /** The address before it. */
  from?: string;
  /** The number of overlays over its page. */
  depth?: number;
};

const open: { close: () => void }[] = [];

export function entry(): Entry {
  return (history.state as Entry | null) ?? {};
}

function depth(): number {
  return entry().depth ?? 0;
}

function addEntry(): void {
  if (depth() < open.length) history.pushState({ ...entry(), depth: depth() + 1 }, "", location.href);
}

/** Removes the entries of overlays that were closed by other means than Back. */
function removeEntries(): void {
  const left = depth() - open.length;
  if (left > 0) history.go(-left);
}

addEventListener("popstate", () => {
  if (depth() >= open.length) return;
  const top = open.at(-1);
  // The overlay may ask whether to discard what was typed. Its entry is removed when it closes.
  addEntry();
  top?.close();
});

/** Lets Back close an overlay while it is open. */
export function useBack(isOpen: boolean, close: () => void): void {
  const latest = useRef(close);
  latest.current = close;
  useEffect(() => {
    if (!isOpen) return;
    const overlay = { close: () => latest.current() };
    open.push(overlay);
    addEntry();
    return () => {
      open.splice(open.indexOf(overlay), 1);
      // Overlays that close together remove their entries together, and a page that is left has none.
      queueMicrotask(removeEntries);
    };
  }, [isOpen]);
}
