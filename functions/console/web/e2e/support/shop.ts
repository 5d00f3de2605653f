/** A marketplace of a test: its accounts, rules, facts and sessions. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Outputs, PROJECT } from "./stack";

const run = promisify(execFile);
const ENGINE = join(PROJECT, "target/debug/engine");
const PYTHON = join(PROJECT, ".local/venv/bin/python");
const AWS = join(import.meta.dirname, "aws.py");
const SAMPLES = join(PROJECT, "events/samples");

export type Session = { url: string; session: string; token: string };
type Json = Record<string, unknown>;

export class Shop {
  /** Each marketplace has keys of its own, so that the stand-ins can refuse one. */
  readonly mailchimpKey = `${randomBytes(16).toString("hex")}-us6`;

  constructor(
    readonly stack: Outputs,
    readonly id: string,
  ) {}

  /** Runs a command of the operator, and returns what it prints. */
  async engine(...command: string[]): Promise<string> {
    const { stdout } = await run(ENGINE, ["--outputs", this.stack.file, "--marketplace", this.id, ...command]);
    return stdout.trim();
  }

  private async aws(...command: string[]): Promise<string> {
    const env = { ...process.env, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
    const { stdout } = await run(PYTHON, [AWS, this.stack.file, ...command], { env });
    return stdout.trim();
  }

  /** Opens a portal session for the console. */
  async session(permission: "read" | "write" = "write", minutes = 60): Promise<Session> {
    const printed = await this.engine("console", "--json", "--permission", permission, "--minutes", String(minutes));
    const { url, session } = JSON.parse(printed);
    return { url, session, token: new URL(url).hash.replace("#token=", "") };
  }

  /** Opens a session that has no web origin, so that it cannot log in at an app. */
  async sessionWithoutOrigin(): Promise<Session> {
    const body = { marketplace_id: this.id, permission: "write" };
    const { session, token } = JSON.parse(await this.aws("open-session", JSON.stringify(body)));
    return { url: `${this.stack.api_url}/console/#token=${token}`, session, token };
  }

  /** Lets the time of a login that has begun be over, by the address that it sends the merchant to. */
  async expireLogin(url: string): Promise<void> {
    const [text = ""] = (new URL(url).searchParams.get("state") ?? "").split(".");
    const [marketplace = "", nonce = ""] = Buffer.from(text, "base64url").toString().split("\n");
    await this.aws("expire-login", marketplace, nonce);
  }

  /** Ends a session, with effect from its next call on. */
  async end({ session }: Session): Promise<void> {
    await this.engine("sessions", "end", session);
  }

  /** Calls the management API as the console does. */
  async api<T = Json>(method: string, path: string, body?: Json): Promise<T> {
    const { token } = await this.session();
    const response = await fetch(`${this.stack.api_url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        origin: new URL(this.stack.api_url).origin,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text || "null");
  }

  /** Connects Mailchimp with a key that its stand-in accepts. */
  async connectMailchimp(label = "Demo audience"): Promise<void> {
    await this.engine("connect", "mailchimp", "--label", label, "--set", `api_key=${this.mailchimpKey}`);
  }

  /** Connects Mailchimp and reads its lists. */
  async connectAndRefresh(label = "Demo audience"): Promise<void> {
    await this.connectMailchimp(label);
    await this.engine("refresh", label);
  }

  /** Connects a webhook whose receiver is the stand-in's. */
  async connectWebhook(label = "Demo webhook"): Promise<void> {
    const secret = `whsec_${randomBytes(32).toString("base64")}`;
    const url = `${this.stack.sandbox_url}/webhook/${this.id}`;
    await this.engine(
      "connect",
      "webhook",
      "--label",
      label,
      "--set",
      `url=${url}`,
      "--set",
      `signing_secret=${secret}`,
    );
  }

  /** Saves the rules of a document, in YAML. */
  async rules(document: string): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "console-"));
    const file = join(folder, "rules.yaml");
    await writeFile(file, document);
    await this.engine("rules", "apply", file);
  }

  /**
   * Publishes a sample of `events/samples` as a new fact, with changes of its detail, and returns its events' ids. It
   * occurs now, or at the time that is given: a fact can arrive late.
   */
  async publish(sample: string, change: (detail: Json) => Json = (detail) => detail, at?: string): Promise<string[]> {
    const folder = await mkdtemp(join(tmpdir(), "console-"));
    const file = join(folder, `${sample}.json`);
    const entries: { Detail: string }[] = JSON.parse(await readFile(join(SAMPLES, `${sample}.json`), "utf8"));
    const late = at ? { id: randomBytes(8).toString("hex"), occurred_at: at } : {};
    const detailOf = (text: string) => JSON.stringify({ ...change(JSON.parse(text)), ...late });
    const changed = entries.map((entry) => ({ ...entry, Detail: detailOf(entry.Detail) }));
    await writeFile(file, JSON.stringify(changed));
    return (await this.engine("publish", file, "--ids", ...(at ? [] : ["--fresh"]))).split("\n");
  }

  /** Waits until actions of an event have ended. */
  async ended(event: string, actions = 1): Promise<void> {
    await this.engine("wait", "--event", event, "--jobs", String(actions), "--timeout", "600");
  }
}
