import { describe, expect, it } from "vitest";
import { sinceOf } from "./days";

describe("a period begins", () => {
  const now = new Date(2026, 10, 30, 15, 42).getTime();

  it("at the viewer's midnight, today included", () => {
    expect(sinceOf("7d", now)).toEqual(new Date(2026, 10, 24));
    expect(sinceOf("30d", now)).toEqual(new Date(2026, 10, 1));
  });

  it("at a full hour for 24 hours, the current one included", () => {
    expect(sinceOf("24h", now)).toEqual(new Date(2026, 10, 29, 16));
  });
});
