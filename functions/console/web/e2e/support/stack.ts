/** The stack of the tests: started once, and stopped with them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const PROJECT = join(import.meta.dirname, "../../../../..");
const FOLDER = join(PROJECT, ".local/console");

/** Short values for the template's long waits. */
const PARAMETERS = {
  RetrySchedule: "1,1,2,2,3,3,3,3",
  LeaseSeconds: "10",
  ProspectDelay: "5",
  PortalCallsPerMinute: "100000",
  ConnectorConcurrency: "3",
  // The host pages of the tests have ports of their own.
  ConsoleFrameAncestors: "http://localhost:*",
};

export type Outputs = { file: string; api_url: string; sandbox_url: string };

/** The outputs of the stack. */
export function outputs(): Outputs {
  const file = process.env.CONSOLE_OUTPUTS ?? "";
  return { ...JSON.parse(readFileSync(file, "utf8")), file };
}

/** Starts the stack, unless CONSOLE_OUTPUTS names the outputs of a running stack. Returns how to stop it. */
export default async function start(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.CONSOLE_OUTPUTS) return undefined;
  const python = join(PROJECT, ".local/venv/bin/python");
  if (!existsSync(python)) throw new Error("Local AWS is not installed: `make stage` installs it.");
  const parameters = Object.entries(PARAMETERS).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
  const ports = ["--port", "0", "--sandbox-port", "0"];
  const script = join(PROJECT, "infra/local/stack.py");
  const stack = spawn(python, [script, "up", "--hold", "stdin", "--dir", FOLDER, ...ports, ...parameters], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(stack, "exit");
  const lines = createInterface({ input: stack.stdout });
  // It prints a line when the stack is deployed, and none if it fails.
  await Promise.race([once(lines, "line"), ended]);
  process.env.CONSOLE_OUTPUTS = join(FOLDER, "outputs.json");
  outputs();
  return async () => {
    // It stops everything when its standard input closes, also if this process is killed.
    stack.stdin.end();
    await ended;
  };
}
