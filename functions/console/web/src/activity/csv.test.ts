import { expect, it } from "vitest";
import { joinCsv, rowsOf } from "./csv";

const HEAD = "id,message\r\n";

it("has the names of the columns once", () => {
  expect(joinCsv([`${HEAD}job_1,a\r\n`, `${HEAD}job_2,b\r\n`])).toBe(`${HEAD}job_1,a\r\njob_2,b\r\n`);
  expect(joinCsv([HEAD])).toBe(HEAD);
  expect(joinCsv([])).toBe("");
});

it("counts records, also those with line ends in a field", () => {
  expect(rowsOf(`${HEAD}job_1,"two\nlines ""quoted"""\r\njob_2,b\r\n`)).toBe(2);
  expect(rowsOf(HEAD)).toBe(0);
  expect(rowsOf("")).toBe(0);
});
