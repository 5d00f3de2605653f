/** How the console's files are served: their policies, compression and caching. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "./support/stack";
import { expect, test } from "./support/test";

const DIST = join(PROJECT, "functions/console/web/dist");
const FILES = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name).slice(DIST.length + 1));
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors http://localhost:*";

const isHashed = (file: string) => file.startsWith("assets/");

test("every file has the policies, its content, and how long it may be kept", async ({ stack }) => {
  expect(FILES).toEqual(expect.arrayContaining(["index.html", "login.html", "embed.js"]));
  for (const file of FILES) {
    const response = await fetch(`${stack.api_url}/console/${file}`);
    expect(response.status, file).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(readFileSync(join(DIST, file))), file).toBe(true);
    expect(Object.fromEntries(response.headers), file).toMatchObject({
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "permissions-policy": expect.stringContaining("camera=()"),
      "cache-control": isHashed(file) ? "public, max-age=31536000, immutable" : "no-cache",
      vary: expect.stringContaining("accept-encoding"),
    });
  }
});

test("files are compressed as the request accepts it", async ({ stack }) => {
  const url = `${stack.api_url}/console/embed.js`;
  for (const [accepted, encoding] of [
    ["gzip, deflate, br", "br"],
    ["br;q=0.2, gzip", "gzip"],
    ["identity", null],
  ] as const) {
    const response = await fetch(url, { headers: { "accept-encoding": accepted } });
    expect(response.headers.get("content-encoding"), accepted).toBe(encoding);
    expect(await response.text()).toBe(readFileSync(join(DIST, "embed.js"), "utf8"));
  }
});

test("the page is found with and without a slash, and is not sent again while it is unchanged", async ({ stack }) => {
  const page = await fetch(`${stack.api_url}/console`);
  expect([page.redirected, page.url]).toEqual([true, `${stack.api_url}/console/`]);
  const etag = page.headers.get("etag") ?? "";
  const again = await fetch(page.url, { headers: { "if-none-match": etag } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  const head = await fetch(page.url, { method: "HEAD" });
  expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""]);
});

test("nothing else is found", async ({ stack }) => {
  for (const path of ["none.js", "assets/none.js", "../openapi.json.js", "index.html.br"])
    expect((await fetch(`${stack.api_url}/console/${path}`)).status, path).toBe(404);
  expect((await fetch(`${stack.api_url}/console/`, { method: "POST" })).status).toBe(405);
});
