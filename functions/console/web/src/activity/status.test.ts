import { describe, expect, it } from "vitest";
import { attemptWord, GROUPS, isOpen, parseStatuses, STATUSES, senseOf, stepsOf } from "./status";

describe("statuses", () => {
  it("each belongs to one tab of the log", () => {
    expect(GROUPS.flatMap(({ statuses }) => statuses).sort()).toEqual(Object.keys(STATUSES).sort());
  });

  it("each has a next step", () => {
    for (const [status, { steps, explain }] of Object.entries(STATUSES)) {
      expect(steps.length, status).toBeGreaterThan(0);
      expect(explain, status).not.toBe("");
    }
  });

  it.each([
    ["retrying", true],
    ["rate_limited", true],
    ["held", false],
    ["performed", false],
  ] as const)("%s changes by itself: %s", (status, open) => expect(isOpen(status)).toBe(open));

  it("shows a status of a newer server as it is", () => {
    expect(senseOf("paused" as never)).toMatchObject({ word: "paused", meaning: "skipped" });
  });

  it("does not offer to retry a test", () => {
    expect(stepsOf({ status: "exhausted", test: false, fix: null })).toEqual(["retry", "edit-rule"]);
    expect(stepsOf({ status: "exhausted", test: true, fix: null })).toEqual(["edit-rule"]);
    expect(stepsOf({ status: "performed", test: true, fix: null })).toEqual([]);
  });

  it.each([
    [null, ["edit-rule", "retry"]],
    ["rule", ["edit-rule", "retry"]],
    ["account", ["see-account", "retry"]],
    ["contact", ["retry"]],
    ["weather" as never, ["edit-rule", "retry"]],
  ] as const)("offers the step to what has to change: %s", (fix, steps) => {
    expect(stepsOf({ status: "rejected", test: false, fix })).toEqual(steps);
  });

  it("says of an attempt that it did not work, although the action waits", () => {
    expect(attemptWord("retrying")).toBe("Did not work");
    expect(attemptWord("performed")).toBe(STATUSES.performed.word);
  });

  it("reads a filter from the address", () => {
    expect(parseStatuses("rejected,exhausted")).toEqual(["rejected", "exhausted"]);
    expect(parseStatuses("toString,held,")).toEqual(["held"]);
    expect(parseStatuses("")).toEqual([]);
  });
});
