/**
 * A login at an app, in a window of its own. The window ends at `login.html`, which posts the app's answer to this page;
 * this page finishes the login, because it has the session.
 */

export type Answer =
  | { kind: "answered"; parameters: Record<string, string> }
  /** The person closed the window. */
  | { kind: "closed" }
  /** The login ended before the merchant logged in. */
  | { kind: "expired" }
  /** The person no longer waits for it. */
  | { kind: "canceled" };

export type Message = { type: "console:login"; parameters: Record<string, string> };

/** Where `login.html` posts to if the app's page has cut its connection to this window. Only this origin hears it. */
export const CHANNEL = "console:login";
/** What this window answers there. Without it the windows are cut off from each other. */
export const HEARD = "console:login-heard";

/** The fragment of `login.html` while the app's address is requested. */
export const OPENING = "#opening";

/** How often the window is looked at, and how long its last message may take after it was closed. */
const LOOK = 400;
const GRACE = 1000;

/** The page that a login returns to. */
export function returnTo(): string {
  return new URL("login.html", document.baseURI).href;
}

/** Opens the window; null if the browser prevents it. To be called in the click itself, before anything is awaited. */
export function openWindow(): Window | null {
  const left = Math.max(0, window.screenX + (window.outerWidth - 600) / 2);
  const features = `popup,width=600,height=760,left=${left},top=${window.screenY + 60}`;
  return window.open(returnTo() + OPENING, "_blank", features);
}

type Wait = {
  /** The window; null if the person opened it with a link. */
  popup: Window | null;
  /** The `state` of the login's address: an answer to another login is not taken. */
  state: string | null;
  /** When the login ends, in milliseconds since 1970. */
  until: number;
  signal: AbortSignal;
};

/** Waits for the app's answer. Only this origin's own pages are heard, of other windows' only with this login's state. */
export function answerOf({ popup, state, until, signal }: Wait): Promise<Answer> {
  return new Promise((resolve) => {
    let closed = 0;
    const channel = new BroadcastChannel(CHANNEL);
    const end = (answer: Answer) => {
      channel.close();
      removeEventListener("message", hear);
      clearInterval(timer);
      signal.removeEventListener("abort", cancel);
      resolve(answer);
    };
    const hear = (event: MessageEvent<unknown>) => {
      if (event.origin !== location.origin || (popup && event.source !== popup)) return;
      take(event);
    };
    const take = (event: MessageEvent<unknown>) => {
      const parameters = parametersOf(event.data);
      if (!parameters || (parameters.state ?? null) !== state) return;
      channel.postMessage(HEARD);
      end({ kind: "answered", parameters });
    };
    const look = () => {
      if (Date.now() > until) end({ kind: "expired" });
      else if (!popup?.closed) closed = 0;
      else if (closed === 0) closed = Date.now();
      else if (Date.now() - closed > GRACE) end({ kind: "closed" });
    };
    const cancel = () => end({ kind: "canceled" });
    const timer = setInterval(look, LOOK);
    addEventListener("message", hear);
    channel.addEventListener("message", take);
    signal.addEventListener("abort", cancel);
  });
}

/** The parameters of a message of `login.html`; null for any other message. */
export function parametersOf(data: unknown): Record<string, string> | null {
  const { type, parameters } = (data ?? {}) as Partial<Message>;
  if (type !== "console:login" || !parameters || typeof parameters !== "object") return null;
  const isText = Object.values(parameters).every((value) => typeof value === "string");
  return isText ? parameters : null;
}

/** The `state` of a login's address. */
export function stateOf(url: string): string | null {
  return new URL(url).searchParams.get("state");
}
