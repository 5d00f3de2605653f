/**
 * The page that an app's login returns to, in a window of its own. It hands its query to the window that opened it,
 * which has the session and finishes the login, and closes.
 */
import { CHANNEL, type Message } from "./apps/login";
import { login as text } from "./text";

const parameters = Object.fromEntries(new URLSearchParams(location.search));
history.replaceState(null, "", location.pathname);

if (parameters.app) {
  const message: Message = { type: "console:login", parameters };
  const opener = window.opener as Window | null;
  if (opener) opener.postMessage(message, location.origin);
  else new BroadcastChannel(CHANNEL).postMessage(message);
  window.close();
}

const state = document.getElementById("state");
if (state) state.textContent = parameters.app ? text.finished : text.lost;
