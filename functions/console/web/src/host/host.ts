/** The host page: the page that shows the console in a frame, by the element of `embed.js`. */
import {
  CONNECT,
  type Connect,
  type HostEvent,
  type ToConsole,
  type ToHost,
  VERSION,
  VIEWS,
  type View,
} from "./protocol";
import { applyTheme, readTheme } from "./theme";

export type { HostEvent, View };

export type HostSession = {
  /** The only view to show, without the tabs. */
  view: View | undefined;
  /** The product whose rules are shown. */
  product: string | undefined;
  /** Requests a token from the host page; null if it has none. */
  getToken: () => Promise<string | null>;
};

/** How long a frame waits for its host page, and a request for its token, in milliseconds. */
const PATIENCE = 15_000;

type Contact = { connect: Connect; port: MessagePort };

export const isFramed = window.parent !== window;
let port: MessagePort | null = null;

// The host page posts when the frame has loaded, so the listener must be there before.
const contact: Promise<Contact> = new Promise((resolve) => {
  if (!isFramed) return;
  addEventListener("message", ({ source, data, ports: [first] }: MessageEvent<Connect>) => {
    // The browser shows the page in frames of permitted origins only (`frame-ancestors`).
    const isConnect = source === window.parent && data?.type === CONNECT && data.version === VERSION;
    if (isConnect && first) resolve({ connect: data, port: first });
  });
});

/** Connects to the host page; null if there is none. */
export async function connectToHost(): Promise<HostSession | null> {
  if (!isFramed) return null;
  const found = await Promise.race([contact, after(PATIENCE)]);
  if (!found) return null;

  port = found.port;
  const answers = new Map<number, (token: string | null) => void>();
  port.onmessage = ({ data }: MessageEvent<ToConsole>) => {
    if (data.type === "theme") applyTheme(readTheme(data.theme));
    else if (data.type === "seen") placeOverlays(data.top, data.height);
    else answers.get(data.id)?.(data.type === "token" ? data.token : null);
  };
  const { view, product, theme } = found.connect;
  document.documentElement.dataset.framed = "";
  applyTheme(readTheme(theme));
  reportHeight();

  let requests = 0;
  return {
    view: VIEWS.find((known) => known === view),
    product: typeof product === "string" && product !== "" ? product : undefined,
    async getToken() {
      const id = ++requests;
      const answer = new Promise<string | null>((resolve) => answers.set(id, resolve));
      send({ type: "get-token", id });
      const token = await Promise.race([answer, after(PATIENCE)]);
      answers.delete(id);
      return token;
    },
  };
}

/** Tells the host page about an event; without one, nothing happens. */
export function report(event: HostEvent): void {
  send({ type: "event", event });
}

function send(message: ToHost): void {
  port?.postMessage(message);
}

/** Tells style sheets which part of the frame is on screen. */
function placeOverlays(top: number, height: number): void {
  const { style } = document.documentElement;
  style.setProperty("--seen-top", `${top}px`);
  style.setProperty("--seen-height", `${height}px`);
}

/** Keeps the frame as high as its content. */
function reportHeight(): void {
  let last = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height !== last) send({ type: "height", height });
    last = height;
  }).observe(document.body);
}

function after(milliseconds: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), milliseconds));
}
