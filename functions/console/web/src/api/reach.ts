/** Whether the server can be reached: by what the browser knows of the network, and by the last request. */

/** The time until the server is asked again after a request did not reach it, in milliseconds. */
const AGAIN = 5_000;

let isLost = false;
/** How many requests and parts of the console did not arrive. */
let losses = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

export function isReachable(): boolean {
  return navigator.onLine && !isLost;
}

export function onReach(listener: () => void): () => void {
  const events = ["online", "offline"];
  listeners.add(listener);
  for (const event of events) addEventListener(event, listener);
  return () => {
    listeners.delete(listener);
    for (const event of events) removeEventListener(event, listener);
  };
}

/**
 * Sends a request and notes whether it reaches the server. A request that is canceled says nothing, and a response to a
 * request that was sent before the server was lost says nothing of the time after.
 */
export async function reaching(send: () => Promise<Response>): Promise<Response> {
  const before = losses;
  try {
    const response = await send();
    if (losses === before) note(false);
    return response;
  } catch (error) {
    if (error instanceof TypeError) note(true);
    throw error;
  }
}

/** Asks for the console itself: any response says that the server is reached. */
function ask(): void {
  reaching(() => fetch(document.baseURI, { method: "HEAD", cache: "no-store" })).catch(() => {});
}

/** The errors of parts of the console that did not arrive. */
const unloaded = new WeakSet<Error>();

// A part of the console that does not arrive says the same as a request.
addEventListener("vite:preloadError", ({ payload }) => {
  unloaded.add(payload);
  note(true);
});

/** Calls back when the server is reached, if the error says that a part of the console did not arrive. */
export function afterLoss(error: Error, next: () => void): () => void {
  if (!unloaded.has(error)) return () => {};
  if (isReachable()) {
    const wait = setTimeout(next, AGAIN);
    return () => clearTimeout(wait);
  }
  return onReach(() => isReachable() && next());
}

function note(lost: boolean): void {
  clearTimeout(timer);
  if (lost) {
    losses += 1;
    timer = setTimeout(ask, AGAIN);
  }
  if (isLost === lost) return;
  isLost = lost;
  for (const listener of listeners) listener();
}
