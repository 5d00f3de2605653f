import { afterEach, expect, it, vi } from "vitest";
import type { Action } from "../api/types";
import { changesOf, expectChanges, pollEvery } from "./live";

it("reads soon while something waits, and less often for long lists", () => {
  expect(pollEvery(true)).toBe(5_000);
  expect(pollEvery(false)).toBe(20_000);
  expect(pollEvery(true, 10)).toBe(50_000);
});

afterEach(() => vi.useRealTimers());

it("reads soon for a while after something was sent", () => {
  vi.useFakeTimers();
  expectChanges();
  expect(pollEvery(false)).toBe(5_000);
  vi.advanceTimersByTime(61_000);
  expect(pollEvery(false)).toBe(20_000);
});

it("finds new actions and those with another status", () => {
  const action = (id: string, status: Action["status"]) => ({ id, status }) as Action;
  const before = new Map([
    ["job_1", "retrying"],
    ["job_2", "held"],
  ]);
  const now = [action("job_1", "performed"), action("job_2", "held"), action("job_3", "retrying")];
  expect(changesOf(before, now).map(({ id }) => id)).toEqual(["job_1", "job_3"]);
});
