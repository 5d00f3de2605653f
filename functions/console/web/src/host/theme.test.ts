import { expect, test } from "vitest";
import { readable, readTheme } from "./theme";

const read = (request: unknown) => readTheme(request, () => true);

test("a valid theme is used as it is", () => {
  const theme = {
    mode: "dark",
    accent: "oklch(60% 0.2 250)",
    onAccent: "#fff",
    radius: "10px",
    font: '"Inter", system-ui',
  };
  expect(read(theme)).toEqual(theme);
});

test("a value that is not valid is left out", () => {
  const nothing = { mode: "auto", accent: undefined, onAccent: undefined, radius: undefined, font: undefined };
  for (const request of [undefined, null, 7, "dark", [], { mode: "sepia", accent: 7 }])
    expect(read(request)).toEqual(nothing);
  for (const accent of [
    "url(https://x.example)",
    "var(--text)",
    "red;}",
    "rgb(url(x))",
    "",
    "#12",
    `${"a".repeat(99)}`,
  ])
    expect(read({ accent }).accent, accent).toBeUndefined();
  for (const radius of ["25px", "-1px", "1em", "calc(1px)", "4px 9px"]) expect(read({ radius }).radius).toBeUndefined();
  for (const font of ["url(x)", "a;b", "a}b", "x".repeat(201)]) expect(read({ font }).font).toBeUndefined();
});

test("a value that the browser does not know is left out", () => {
  const theme = readTheme({ accent: "notacolor", radius: "4px" }, (property) => property !== "color");
  expect([theme.accent, theme.radius]).toEqual([undefined, "4px"]);
});

test("the text on an accent is the one with more contrast", () => {
  expect(readable([79, 70, 216])).toBe("#ffffff");
  expect(readable([255, 200, 0])).toBe("#12121a");
});
