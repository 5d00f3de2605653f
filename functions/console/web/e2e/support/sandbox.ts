/** The controls of the stand-ins for the apps. tests/sandbox/src/lib.rs lists them. */
import type { Outputs } from "./stack";

type Json = Record<string, unknown>;

export class Sandbox {
  constructor(private readonly stack: Outputs) {}

  /** Makes requests fail. Tests run side by side, so select the requests of this test's marketplace by their path. */
  async fault(fault: Json & { app: string; path: string }): Promise<{ remove: () => Promise<void> }> {
    const { id } = await this.call("POST", "/_faults", fault);
    return { remove: async () => void (await this.call("DELETE", `/_faults/${id}`)) };
  }

  /** Makes an app refuse a credential, or accept it again. */
  async token(app: string, token: string, state: "valid" | "revoked" | "expired"): Promise<void> {
    await this.call("POST", "/_tokens", { app, token, state });
  }

  /** Adds to what an app has, such as lists and tags. All tests share it. */
  async seed(app: string, state: Json): Promise<void> {
    await this.call("POST", `/_state/${app}`, state);
  }

  /** The requests that an app received, in order of arrival; with a pattern, those whose path matches it. */
  async requests(app: string, path = ""): Promise<Json[]> {
    const query = new URLSearchParams({ app, limit: "1000", ...(path && { path }) });
    const { requests } = await this.call("GET", `/_requests?${query}`);
    return requests as Json[];
  }

  /** Creates an audience of Mailchimp with these subscribers. */
  async audience(id: string, name: string, ...emails: string[]): Promise<void> {
    const members = emails.map((email) => ({ email, status: "subscribed" }));
    await this.call("POST", "/_state/mailchimp", { audiences: [{ id, name, members }] });
  }

  /** The tags of a subscriber. */
  async tags(audience: string, email: string): Promise<unknown> {
    const query = new URLSearchParams({ list: audience, email });
    const { audiences } = await this.call("GET", `/_state/mailchimp?${query}`);
    const [found] = audiences as { members: { tags: unknown }[] }[];
    return found?.members[0]?.tags;
  }

  private async call(method: string, path: string, body?: Json): Promise<Json> {
    const response = await fetch(`${this.stack.sandbox_url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : {};
  }
}
