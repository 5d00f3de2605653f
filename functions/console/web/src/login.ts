/**
 * The page that an app's login returns to, in a pop-up. It hands its query to the window that opened it, which has the
 * session and finishes the login, and closes.
 */
const state = document.getElementById("state");
const parameters = Object.fromEntries(new URLSearchParams(location.search));
history.replaceState(null, "", location.pathname);

if (window.opener && parameters.app) {
  window.opener.postMessage({ type: "console:login", parameters }, location.origin);
  window.close();
}
if (state) state.textContent = "You can close this window and go back to the page that you came from.";
