import { expect, it } from "vitest";
import { Submission } from "./submission";

it("begins one request at a time", () => {
  const submission = new Submission();
  expect([submission.begin(), submission.begin()]).toEqual([true, false]);
  submission.end({ succeeded: false });
  expect(submission.begin()).toBe(true);
});

it("has an equal key for an equal body until the body succeeds", () => {
  const submission = new Submission();
  const first = submission.keyOf({ name: "Bakers" });
  submission.end({ succeeded: false });
  expect(submission.keyOf({ name: "Bakers" })).toBe(first);
  submission.end({ succeeded: true });
  expect(submission.keyOf({ name: "Bakers" })).not.toBe(first);
});

it("has another key for another body", () => {
  const submission = new Submission();
  expect(submission.keyOf({ name: "Bakers" })).not.toBe(submission.keyOf({ name: "Cooks" }));
});
