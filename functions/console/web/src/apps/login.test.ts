import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, answerOf, CHANNEL, HEARD, parametersOf, stateOf } from "./login";

const ORIGIN = "https://console.example.com";
let page: EventTarget;
let channels: Channel[];
let posted: unknown[];

class Channel extends EventTarget {
  constructor(readonly name: string) {
    super();
    channels.push(this);
  }
  postMessage(message: unknown) {
    posted.push(message);
  }
  close() {
    channels = channels.filter((other) => other !== this);
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  page = new EventTarget();
  channels = [];
  posted = [];
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
  vi.stubGlobal("location", { origin: ORIGIN });
  vi.stubGlobal("BroadcastChannel", Channel);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function post(from: object, parameters: object, origin = ORIGIN, type = "console:login") {
  const event = new Event("message");
  page.dispatchEvent(Object.assign(event, { origin, source: from, data: { type, parameters } }));
}

/** A login that is waited for, and its answer as soon as there is one. */
function wait(popup: { closed: boolean } | null = { closed: false }) {
  const seen: { answer?: Answer } = {};
  const canceled = new AbortController();
  const login = { popup: popup as Window | null, state: "s1", until: 900_000, signal: canceled.signal };
  void answerOf(login).then((answer) => {
    seen.answer = answer;
  });
  return { seen, cancel: () => canceled.abort(), popup: popup ?? {} };
}

const settled = () => vi.advanceTimersByTimeAsync(0);

describe("the answer of a login", () => {
  it("is taken from the login's window at this origin", async () => {
    const { seen, popup } = wait();
    post(popup, { state: "s1", code: "c" });
    await settled();
    expect(seen.answer).toEqual({ kind: "answered", parameters: { state: "s1", code: "c" } });
  });

  it("is taken from a window that was opened with a link", async () => {
    const { seen } = wait(null);
    post({}, { state: "s1" });
    await settled();
    expect(seen.answer?.kind).toBe("answered");
  });

  it("is taken from a window that has lost its connection to this one", async () => {
    const { seen } = wait();
    const say = (data: unknown) => channels[0]?.dispatchEvent(Object.assign(new Event("message"), { data }));
    say({ type: "console:login", parameters: { state: "s2" } });
    await settled();
    expect(seen.answer).toBeUndefined();
    expect(channels[0]?.name).toBe(CHANNEL);
    expect(posted).toEqual([]);
    say({ type: "console:login", parameters: { state: "s1" } });
    await settled();
    expect(seen.answer?.kind).toBe("answered");
    expect(posted).toEqual([HEARD]);
    expect(channels).toEqual([]);
  });

  it("is not taken from another origin, window or login, and not from another kind of message", async () => {
    const { seen, popup } = wait();
    post(popup, { state: "s1" }, "https://evil.example.com");
    post({}, { state: "s1" });
    post(popup, { state: "s2" });
    post(popup, {});
    post(popup, { state: "s1" }, ORIGIN, "other");
    post(popup, { state: "s1", code: 7 });
    await settled();
    expect(seen.answer).toBeUndefined();
  });

  it("is that the window was closed, if its last message does not follow", async () => {
    const popup = { closed: false };
    const { seen } = wait(popup);
    popup.closed = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen.answer).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen.answer).toEqual({ kind: "closed" });
  });

  it("is the message of a window that closes right after it", async () => {
    const popup = { closed: false };
    const { seen } = wait(popup);
    popup.closed = true;
    await vi.advanceTimersByTimeAsync(500);
    post(popup, { state: "s1" });
    await settled();
    expect(seen.answer?.kind).toBe("answered");
  });

  it("is that the login has expired, after its time", async () => {
    const { seen } = wait();
    await vi.advanceTimersByTimeAsync(899_000);
    expect(seen.answer).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2000);
    expect(seen.answer).toEqual({ kind: "expired" });
  });

  it("is not waited for any more once the person gives up", async () => {
    const { seen, cancel } = wait();
    cancel();
    await settled();
    expect(seen.answer).toEqual({ kind: "canceled" });
  });
});

it("reads nothing from messages of another form", () => {
  for (const data of [null, undefined, "text", 7, { type: "console:login" }, { parameters: {} }]) {
    expect(parametersOf(data)).toBeNull();
  }
});

it("reads the state of a login's address", () => {
  expect(stateOf("https://app.example.com/authorize?state=a.b&x=1")).toBe("a.b");
  expect(stateOf("https://app.example.com/authorize")).toBeNull();
});
