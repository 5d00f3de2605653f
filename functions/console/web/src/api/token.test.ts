import { expect, test } from "vitest";
import { endsSoon, isSameMarketplace } from "./token";

const token = (claims: unknown) => `e30.${btoa(JSON.stringify(claims)).replaceAll("=", "")}.c2lnbmF0dXJl`;

test("a token is replaced in the last minute before its end", () => {
  const hour = token({ iat: 0, exp: 3_600 });
  expect(endsSoon(hour, 3_539_999)).toBe(false);
  expect(endsSoon(hour, 3_540_001)).toBe(true);
});

test("a token that lasts for a minute is used for most of it", () => {
  const minute = token({ iat: 0, exp: 60 });
  expect(endsSoon(minute, 44_999)).toBe(false);
  expect(endsSoon(minute, 45_001)).toBe(true);
});

test("a token whose times cannot be read is used", () => {
  for (const text of ["", "a.b.c", token({}), token({ exp: "soon" }), token(null)])
    expect(endsSoon(text, 0)).toBe(false);
});

test("tokens are compared by their marketplace", () => {
  const ada = token({ sub: "ada", iat: 0 });
  expect(isSameMarketplace(ada, token({ sub: "ada", iat: 9 }))).toBe(true);
  expect(isSameMarketplace(ada, token({ sub: "ben" }))).toBe(false);
  for (const text of ["", "a.b.c", token({})]) expect(isSameMarketplace(text, text)).toBe(false);
});
