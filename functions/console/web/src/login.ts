/**
 * The page that an app's login begins at and returns to, in a window of its own. It hands its query to the window that
 * opened it, which has the session and finishes the login, and closes.
 */
import { CHANNEL, HEARD, type Message, OPENING } from "./apps/login";
import { login as text } from "./text";

/** How long the other window may take to answer, in milliseconds. */
const PATIENCE = 2_000;

const parameters = Object.fromEntries(new URLSearchParams(location.search));
const isOpening = location.hash === OPENING;
const opener = window.opener as Window | null;
history.replaceState(null, "", location.pathname);

if (parameters.app) {
  const message: Message = { type: "console:login", parameters };
  if (opener) {
    opener.postMessage(message, location.origin);
    end();
  } else if (await isHeard(message)) end();
  else say(text.cutOff);
} else if (!isOpening) {
  say(text.lost);
} else if (opener) {
  say(text.opening);
} else {
  // The page around the console cuts pop-ups off: the console does not have this window, and offers a link.
  window.close();
}

function end(): void {
  say(text.finished);
  window.close();
}

function say(words: string): void {
  const state = document.getElementById("state");
  if (state) state.textContent = words;
}

/** Whether the console that began the login takes the message. It cannot be reached from another partition of the browser. */
function isHeard(message: Message): Promise<boolean> {
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise((resolve) => {
    channel.addEventListener("message", ({ data }) => data === HEARD && resolve(true));
    setTimeout(() => resolve(false), PATIENCE);
    channel.postMessage(message);
  });
}
