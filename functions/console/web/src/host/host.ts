/** The page that surrounds the console, if there is one. */

export type View = "overview" | "apps" | "rules" | "activity";

export type HostSession = {
  /** The only view to show, without the tabs. */
  view: View | undefined;
  /** The product whose rules are shown. */
  product: string | undefined;
  /** Requests a token from the host page. */
  getToken: () => Promise<string | null>;
};

/** Connects to the host page; null if the console is not in a frame. */
export async function connectToHost(): Promise<HostSession | null> {
  return null;
}
