import { expect, it } from "vitest";
import { beginOf } from "./period";

const now = Date.parse("2026-11-30T12:34:56Z");

it.each([
  ["", null],
  ["soon", null],
  ["24h", "2026-11-29T12:00:00.000Z"],
  ["7d", "2026-11-23T12:00:00.000Z"],
  ["2026-11-30T00:00:00+01:00", "2026-11-29T23:00:00.000Z"],
])("the period %o begins at %s", (period, at) => expect(beginOf(period, now)).toBe(at));
