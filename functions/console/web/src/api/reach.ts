/** Whether the server can be reached: by what the browser knows of the network, and by the last request. */

/** The time until the server is asked again after a request did not reach it, in milliseconds. */
const AGAIN = 5_000;

let isLost = false;
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

/** Sends a request and notes whether it reaches the server. A request that is canceled says nothing. */
export async function reaching(send: () => Promise<Response>): Promise<Response> {
  try {
    const response = await send();
    note(false);
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

// A part of the console that cannot be loaded says the same.
addEventListener("vite:preloadError", () => note(true));

function note(lost: boolean): void {
  clearTimeout(timer);
  if (lost) timer = setTimeout(ask, AGAIN);
  if (isLost === lost) return;
  isLost = lost;
  for (const listener of listeners) listener();
}
