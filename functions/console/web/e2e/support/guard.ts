/** Fails a test if a page logs an error, violates its policy, or sends a request to another origin. */
import type { BrowserContext } from "@playwright/test";

export class Guard {
  private readonly found: string[] = [];
  private readonly expected: RegExp[] = [];
  private readonly origins: Set<string>;

  constructor(origins: string[]) {
    this.origins = new Set(origins);
  }

  /** Accepts messages that match: a response such as 401 is an error in Chromium's console. */
  expect(...patterns: RegExp[]): void {
    this.expected.push(...patterns);
  }

  /** Accepts requests to another origin, such as that of a host page or of an app's login. */
  permit(...addresses: string[]): void {
    for (const address of addresses) this.origins.add(new URL(address).origin);
  }

  async watch(context: BrowserContext): Promise<void> {
    await context.exposeBinding("reportViolation", (_, violation: string) => this.note(violation));
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) => {
        Reflect.get(window, "reportViolation")?.(`policy: ${violatedDirective} ${blockedURI} in ${sourceFile}`);
      });
    });
    context.on("console", (message) => {
      if (message.type() === "error") this.note(`console: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.note(`error: ${error.error().stack}`));
    context.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (/^https?:$/.test(protocol) && !this.origins.has(origin)) this.note(`request: ${request.url()}`);
    });
  }

  /** What was found, without what was expected. */
  problems(): string[] {
    return this.found.filter((text) => !this.expected.some((pattern) => pattern.test(text)));
  }

  private note(text: string): void {
    this.found.push(text);
  }
}
