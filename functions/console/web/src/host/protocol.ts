/**
 * The messages between a host page and the console in its frame. `embed.js` is one side, `host.ts` the other.
 *
 * 1. When the frame has loaded, the host page posts `Connect` to the console's exact origin, with one end of a
 *    MessageChannel. It is the only message between the windows: neither side posts to `*`, and the console posts to no window.
 * 2. Everything else passes through the channel, which only these two documents have.
 *
 * A token is never part of an address. The console asks for one when it needs one, and again before it ends.
 */

export const CONNECT = "integration-console:connect";
/** Changes if a side could misunderstand the other. */
export const VERSION = 1;

export const VIEWS = ["overview", "apps", "rules", "activity"] as const;
export type View = (typeof VIEWS)[number];

/** The appearance that the host page asks for, as text. The console validates it before it uses it. */
export type ThemeRequest = {
  mode?: string;
  accent?: string;
  onAccent?: string;
  radius?: string;
  font?: string;
};

/** The host page's first message. It transfers a port. */
export type Connect = {
  type: typeof CONNECT;
  version: number;
  view?: string;
  product?: string;
  theme: ThemeRequest;
};

/** From the host page. An `id` is that of the request; lengths are in CSS pixels. */
export type ToConsole =
  /** The part of the frame that is on screen: overlays belong there, however high the frame is. */
  | { type: "seen"; top: number; height: number }
  | { type: "theme"; theme: ThemeRequest }
  | { type: "token"; id: number; token: string }
  | { type: "no-token"; id: number };

/** From the console. */
export type ToHost =
  | { type: "get-token"; id: number }
  | { type: "height"; height: number }
  | { type: "event"; event: HostEvent };

/** An event that `<integration-console>` dispatches under its name, with the rest as `detail`. */
export type HostEvent =
  | { name: "connected"; app: string; integration: string }
  | { name: "rule-saved"; rule: string }
  | { name: "session-ended" };
