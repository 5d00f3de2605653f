/** The example host page of infra/demo/host: a page of another site that shows the console. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Shop } from "./shop";
import { PROJECT } from "./stack";

export type Host = { url: string; stop: () => void };

/** Starts the host's server for a marketplace, with sessions of this lifetime. */
export async function startHost(shop: Shop, seconds = 3600): Promise<Host> {
  const server = join(PROJECT, "infra/demo/host/server.py");
  const options = [
    "--outputs",
    shop.stack.file,
    "--port",
    "0",
    "--marketplace",
    shop.id,
    "--expires-in",
    String(seconds),
  ];
  const process_ = spawn("python3", [server, ...options], {
    env: { ...process.env, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [url] = await once(createInterface({ input: process_.stdout }), "line");
  return { url, stop: () => void process_.kill() };
}
