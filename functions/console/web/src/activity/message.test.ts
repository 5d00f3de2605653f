import { expect, it } from "vitest";
import { plainly, tokens } from "./message";

it("finds ids and times in a message", () => {
  expect(tokens("A newer event, of 2026-11-30T10:54:24Z, decided through job_06h2o5. See rul_buyers_1")).toEqual([
    { is: "text", text: "A newer event, of " },
    { is: "time", at: "2026-11-30T10:54:24Z" },
    { is: "text", text: ", decided through " },
    { is: "link", kind: "action", page: "/activity/actions/job_06h2o5" },
    { is: "text", text: ". See " },
    { is: "link", kind: "rule", page: "/rules/rul_buyers_1" },
  ]);
});

it.each(["", "No such list.", "print_evt_1", "2026-99-99T99:99:99Z"])("leaves %o as it is", (text) =>
  expect(tokens(text)).toEqual(text ? [{ is: "text", text }] : []),
);

it("names the objects where there can be no link", () => {
  expect(plainly("Decided through job_06h2o5.")).toBe("Decided through another action.");
});
