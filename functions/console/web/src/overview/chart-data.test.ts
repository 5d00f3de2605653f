import { describe, expect, it } from "vitest";
import { barsOf, niceAbove, partsOf } from "./chart-data";

describe("bars", () => {
  it("count statuses by their meaning", () => {
    expect(partsOf({ performed: 3, already_so: 2, rejected: 1, held: 0 })).toEqual([
      { meaning: "done", count: 5 },
      { meaning: "failed", count: 1 },
    ]);
  });

  it("stand on the bottom, and their parts on each other", () => {
    const { bars, top } = barsOf([
      { start: "a", statuses: { performed: 5, exhausted: 5 } },
      { start: "b", statuses: {} },
    ]);
    expect(top).toBe(10);
    expect(bars).toEqual([
      {
        start: "a",
        total: 10,
        parts: [
          { meaning: "done", count: 5, height: 50, top: 50 },
          { meaning: "failed", count: 5, height: 50, top: 0 },
        ],
      },
      { start: "b", total: 0, parts: [] },
    ]);
  });

  it("show the smallest part", () => {
    const { bars } = barsOf([{ start: "a", statuses: { performed: 1999, held: 1 } }]);
    expect(bars[0]?.parts[1]?.height).toBeGreaterThan(1);
    expect(bars[0]?.parts.every(({ top }) => top >= 0)).toBe(true);
  });

  it.each([
    [0, 2],
    [3, 4],
    [5, 6],
    [7, 8],
    [11, 20],
    [22, 30],
    [99, 100],
    [401, 600],
    [801, 1000],
  ])("a chart of %d ends at %d", (most, top) => expect(niceAbove(most)).toBe(top));
});
