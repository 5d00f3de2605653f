import { beforeEach, expect, test, vi } from "vitest";

type Session = typeof import("./session");

let session: Session;

beforeEach(async () => {
  vi.resetModules();
  vi.stubGlobal("BroadcastChannel", EventTarget);
  session = await import("./session");
});

/** A token that ends in a number of seconds from now, of a session of an hour. */
function ending(seconds: number): string {
  const exp = Date.now() / 1000 + seconds;
  return `e30.${btoa(JSON.stringify({ iat: exp - 3600, exp, sub: "ada" }))}.c2ln`;
}

test("a token is requested once for all who wait for it, and again in its last minute", async () => {
  const tokens = [ending(30), ending(3600)];
  const given = [...tokens];
  let asked = 0;
  session.startFromHost(async () => {
    asked += 1;
    return given.shift() ?? null;
  });
  const together = () => Promise.all([1, 2, 3].map(() => session.currentToken()));
  expect(await together()).toEqual(Array(3).fill(tokens[0]));
  expect(asked).toBe(1);
  expect(await together()).toEqual(Array(3).fill(tokens[1]));
  expect(await together()).toEqual(Array(3).fill(tokens[1]));
  expect(asked).toBe(2);
});

test("a host page without a token ends the session until it has one", async () => {
  const answers = [null, ending(3600)];
  session.startFromHost(async () => answers.shift() ?? null);
  expect(await session.currentToken()).toBeNull();
  expect(session.sessionState()).toBe("none");
  expect(await session.currentToken()).not.toBeNull();
  expect(session.sessionState()).toBe("open");
});
