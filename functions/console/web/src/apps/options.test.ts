import { expect, it } from "vitest";
import { compare } from "./options";

const option = (value: string, label = value, parent: string | null = null) => ({ value, label, parent });

it("names the options that came, went and have another name", () => {
  const before = [option("a", "A"), option("b", "B"), option("tag", "Tag", "list-1")];
  const after = [option("b", "Better"), option("c", "C"), option("tag", "Tag", "list-2")];
  expect(compare(before, after)).toEqual({ added: ["C", "Tag"], removed: ["A", "Tag"], renamed: ["Better"] });
  expect(compare(after, after)).toEqual({ added: [], removed: [], renamed: [] });
});

it("compares nothing with a list that it does not have in full", () => {
  expect(compare(null, [])).toBeNull();
  expect(compare([], null)).toBeNull();
});
