import { expect, it } from "vitest";
import { initials } from "./mark";

it.each([
  ["Mailchimp", "MA"],
  ["HighLevel", "HL"],
  ["Active Campaign Pro", "AC"],
  ["X", "X"],
])("marks %s with %s", (label, mark) => expect(initials(label)).toBe(mark));
