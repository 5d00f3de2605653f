/**
 * The custom element `<integration-console>`: shows the console in a page of another origin.
 * functions/console/README.md describes its attributes, properties and events.
 */
import { CONNECT, type Connect, type ThemeRequest, type ToConsole, type ToHost, VERSION } from "../src/host/protocol";

type GetToken = () => Promise<string>;

class IntegrationConsole extends HTMLElement {
  static readonly observedAttributes = ["api", "view", "product", "theme"];

  #getToken: GetToken | undefined;
  #waiting: (() => void)[] = [];
  #frame: HTMLIFrameElement | undefined;
  #port: MessagePort | undefined;
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #sendSeen = () => {
    if (!this.#frame) return;
    const { top, height } = this.#frame.getBoundingClientRect();
    const from = Math.max(0, -top);
    const until = Math.min(height, innerHeight - top);
    // While the frame is off screen, its last values stay.
    if (until > from) this.#send({ type: "seen", top: from, height: until - from });
  };
  readonly #sendTheme = () => this.#send({ type: "theme", theme: this.#theme() });

  get token(): GetToken | undefined {
    return this.#getToken;
  }

  /** Returns a token of a new portal session. It is called at the start, and again before a session ends. */
  set token(getToken: GetToken | undefined) {
    this.#getToken = getToken;
    if (getToken) for (const go of this.#waiting.splice(0)) go();
  }

  connectedCallback(): void {
    // A property that was set before this script ran hides the accessor.
    if (Object.hasOwn(this, "token")) {
      const { token } = this;
      Reflect.deleteProperty(this, "token");
      this.token = token;
    }
    this.#scheme.addEventListener("change", this.#sendTheme);
    // Also when an element around this one is scrolled, whose events do not bubble.
    addEventListener("scroll", this.#sendSeen, { capture: true, passive: true });
    addEventListener("resize", this.#sendSeen);
    this.#show();
  }

  disconnectedCallback(): void {
    this.#scheme.removeEventListener("change", this.#sendTheme);
    removeEventListener("scroll", this.#sendSeen, { capture: true });
    removeEventListener("resize", this.#sendSeen);
    this.#remove();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.#frame || before === after) return;
    if (name === "theme") this.#sendTheme();
    else this.#show();
  }

  /** Sends the custom properties again, after the page has changed them. */
  refreshTheme(): void {
    this.#sendTheme();
  }

  #show(): void {
    this.#remove();
    const api = this.getAttribute("api");
    if (!api) return;
    const address = new URL("console/", api.endsWith("/") ? api : `${api}/`);
    const frame = document.createElement("iframe");
    frame.title = this.getAttribute("aria-label") ?? "Integrations";
    frame.allow = "clipboard-write";
    // A page's policy may forbid style elements and attributes; it cannot forbid these.
    Object.assign(frame.style, {
      border: "0",
      display: "block",
      width: "100%",
      minHeight: "var(--console-min-height, 40rem)",
    });
    frame.onload = () => this.#connect(frame, address.origin);
    frame.src = address.href;
    this.#frame = frame;
    (this.shadowRoot ?? this.attachShadow({ mode: "open" })).append(frame);
    this.style.display ||= "block";
  }

  #remove(): void {
    this.#port?.close();
    this.#frame?.remove();
    this.#port = this.#frame = undefined;
  }

  /** Gives the document in the frame one end of a new channel, if it is of the console's origin. */
  #connect(frame: HTMLIFrameElement, origin: string): void {
    this.#port?.close();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<ToHost>) => this.#receive(data, frame, port1);
    const connect: Connect = { type: CONNECT, version: VERSION, theme: this.#theme() };
    const view = this.getAttribute("view");
    const product = this.getAttribute("product");
    if (view) connect.view = view;
    if (product) connect.product = product;
    frame.contentWindow?.postMessage(connect, origin, [port2]);
  }

  async #receive(message: ToHost, frame: HTMLIFrameElement, port: MessagePort): Promise<void> {
    if (message.type === "height") {
      frame.style.height = `${message.height}px`;
      this.#sendSeen();
    } else if (message.type === "event") {
      const { name, ...detail } = message.event;
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
    } else {
      const { id } = message;
      const token = await this.#request();
      const answer: ToConsole = token ? { type: "token", id, token } : { type: "no-token", id };
      port.postMessage(answer);
    }
  }

  async #request(): Promise<string | undefined> {
    if (!this.#getToken) await new Promise<void>((go) => this.#waiting.push(go));
    try {
      return await this.#getToken?.();
    } catch (error) {
      // The page sees its own error; the console says that the session has ended.
      reportError(error);
      return undefined;
    }
  }

  #theme(): ThemeRequest {
    const mode = this.getAttribute("theme") ?? "auto";
    const frame = this.#frame;
    // A document in a frame has the color scheme of its frame.
    if (frame) frame.style.colorScheme = /^(light|dark)$/.test(mode) ? mode : "light dark";
    const given = (name: string) => getComputedStyle(this).getPropertyValue(`--console-${name}`).trim();
    // The value of a custom property is text, such as `light-dark(…)`; that of `color` is a color.
    const color = (name: string) => {
      if (!frame || !given(name)) return "";
      frame.style.color = `var(--console-${name})`;
      return getComputedStyle(frame).color;
    };
    return {
      mode,
      accent: color("accent"),
      onAccent: color("on-accent"),
      radius: given("radius"),
      font: given("font"),
    };
  }

  #send(message: ToConsole): void {
    this.#port?.postMessage(message);
  }
}

if (!customElements.get("integration-console")) customElements.define("integration-console", IntegrationConsole);
