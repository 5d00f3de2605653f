import { expect, it } from "vitest";
import { listOf, name, plain, told } from "./told";

it("keeps the texts of others apart from the sentence", () => {
  const sentence = told`${name("Elena")} bought ${listOf([name("<b>Rye</b>"), told`2 × ${name("Kit")}`, "a gift"])}.`;
  expect(plain(sentence)).toBe("Elena bought <b>Rye</b>, 2 × Kit, and a gift.");
  expect(sentence.filter((piece) => typeof piece !== "string")).toEqual([
    { text: "Elena" },
    { text: "<b>Rye</b>" },
    { text: "Kit" },
  ]);
});

it("joins alternatives", () => {
  expect(plain(listOf([name("A"), name("B")], "disjunction"))).toBe("A or B");
  expect(plain(listOf([]))).toBe("");
});
