import { describe, expect, it } from "vitest";
import { buyerPage } from "../pages";
import { pageOf, searchOf } from "./search";

describe("search", () => {
  it.each([
    ["", { kind: "none" }],
    [" ada@example.com ", { kind: "buyer", email: "ada@example.com" }],
    ["evt_06h2", { kind: "event", id: "evt_06h2" }],
    ["job_06h2", { kind: "action", id: "job_06h2" }],
    ["rul_buyers", { kind: "rule", id: "rul_buyers" }],
    ["int_06h2", { kind: "integration", id: "int_06h2" }],
    ["ord_5005", { kind: "text", text: "ord_5005" }],
    ["evt_ 1", { kind: "text", text: "evt_ 1" }],
    ["two words@example.com", { kind: "text", text: "two words@example.com" }],
  ])("reads %o", (typed, found) => expect(searchOf(typed)).toEqual(found));

  it("opens the page of what has one", () => {
    expect(pageOf(searchOf("evt_1"))).toBe("/activity/events/evt_1");
    expect(pageOf(searchOf("job_1"))).toBe("/activity/actions/job_1");
    expect(pageOf(searchOf("ord_1"))).toBeNull();
  });

  it("keeps every character of an address", () => {
    expect(buyerPage("a+b&c@example.com")).toBe("/activity?q=a%2Bb%26c%40example.com");
  });
});
