import { expect, test } from "vitest";
import { endsSoon } from "./token";

const token = (claims: unknown) => `e30.${btoa(JSON.stringify(claims)).replaceAll("=", "")}.c2lnbmF0dXJl`;

test("a token is replaced in the last minute before its end", () => {
  expect(endsSoon(token({ exp: 1_000 }), 939_999)).toBe(false);
  expect(endsSoon(token({ exp: 1_000 }), 940_001)).toBe(true);
});

test("a token whose end cannot be read is used", () => {
  for (const text of ["", "a.b.c", token({}), token({ exp: "soon" }), token(null)])
    expect(endsSoon(text, 0)).toBe(false);
});
