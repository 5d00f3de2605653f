import { describe, expect, it } from "vitest";
import { count, money, plural } from "./money";
import { clock, relative } from "./time";

describe("times", () => {
  const now = Date.parse("2026-11-30T12:00:00Z");
  it.each([
    ["2026-11-30T11:59:50Z", "just now"],
    ["2026-11-30T12:00:10Z", "now"],
    ["2026-11-30T11:58:00Z", "2 minutes ago"],
    ["2026-11-30T12:04:00Z", "in 4 minutes"],
    ["2026-11-30T09:00:00Z", "3 hours ago"],
  ])("shows %s as %s", (at, shown) => expect(relative(at, now)).toBe(shown));

  it("shows a date after a day, with the year if it is another one", () => {
    expect(relative("2026-11-20T09:00:00Z", now)).toMatch(/20.*09:00|Nov.*20/);
    expect(relative("2025-11-20T09:00:00Z", now)).toMatch(/2025/);
  });
});

describe("points in time", () => {
  const now = Date.parse("2026-11-30T12:00:00");
  it("have the time today, the weekday within a week, then the date", () => {
    expect(clock("2026-11-30T09:05:00", now)).toMatch(/^0?9:05/);
    expect(clock("2026-11-26T16:05:00", now)).toMatch(/^Thursday/);
    expect(clock("2026-11-02T16:05:00", now)).toMatch(/Nov/);
  });
});

describe("amounts", () => {
  it("has the digits of the currency", () => {
    expect(money(4900, "USD")).toBe("$49.00");
    expect(money(4900, "JPY")).toBe("¥4,900");
    expect(money(4900, "nonsense")).toBe("4900 nonsense");
  });
  it("says when a count is a lower bound", () => {
    expect(count(2000, true)).toBe("at least 2,000");
    expect(plural(1, "action")).toBe("1 action");
    expect(plural(0, "action")).toBe("0 actions");
  });
});
