import { describe, expect, it } from "vitest";
import { ApiError, type Problem } from "../api/problem";
import type { CatalogApp } from "../api/queries";
import type { Method } from "../api/types";
import { apps } from "../text";
import { check, defaultLabel, guideOf, methodsOf, problemsOf, valuesOf } from "./credentials";

const key = { key: "api_key", label: "API key", help: "It ends in -us6.", secret: true, pattern: "^\\S+-us[0-9]$" };
const url = { key: "url", label: "Community URL", help: "It begins with https://." };
const extra = { key: "extra", label: "Extra", optional: true, pattern: "^x$" };
const one: Method = { key: "key", label: "Key", credentials: [key] };
const several: Method = { key: "several", label: "Several", credentials: [key, url, extra] };

const refused = (problem: Partial<Problem>) =>
  new ApiError(
    problem.status ?? 422,
    { type: "urn:integration-engine:problem:validation-failed", title: "Not valid", status: 422, ...problem },
    null,
  );

it("offers logins only where the session can log in", () => {
  const login: Method = { key: "oauth", label: "Log in", oauth: {} };
  const app = { manifest: { methods: [login, one] } } as CatalogApp;
  expect([methodsOf(app, true), methodsOf(app, false)]).toEqual([[login, one], [one]]);
});

describe("the vendor's page about a field", () => {
  it.each([
    ["https://www.example.com/help?a=1#keys", "example.com"],
    ["https://api.example.com", "api.example.com"],
  ])("%s is linked as %s", (page, site) => expect(guideOf({ page })).toEqual({ href: page, site }));

  it.each(["javascript:alert(1)", "http://example.com/", "https://user@example.com/", "example.com", ""])(
    "%j is no link",
    (page) => expect(guideOf({ page })).toBeNull(),
  );

  it("can be missing", () => expect(guideOf({})).toBeNull());
});

describe("the name of a new account", () => {
  it.each([
    [[], "Kit"],
    [["Other"], "Kit"],
    [["kit"], "Kit 2"],
    [["Kit", "Kit 2", "Kit 4"], "Kit 3"],
  ])("is free beside %j: %s", (taken, label) => expect(defaultLabel("Kit", taken)).toBe(label));
});

describe("the check before sending", () => {
  const draft = (values: Record<string, string>, label = "Main") => ({ method: "several", label, values });

  it("names each field that is missing or mistyped", () => {
    const errors = check(several, draft({ api_key: "nonsense", extra: "y" }, " "), true);
    expect(Object.keys(errors)).toEqual(["label", "api_key", "url", "extra"]);
    expect(errors.api_key).toContain("It ends in -us6.");
  });
  it("accepts spaces around a value and leaves out what is empty", () => {
    const values = { api_key: " a-us6 ", url: "https://x", extra: " ", of_another_method: "z" };
    expect(check(several, draft(values), true)).toEqual({});
    expect(valuesOf(several, values)).toEqual({ api_key: "a-us6", url: "https://x" });
  });
  it("does not ask for a name where there is one already", () => {
    expect(check(one, draft({ api_key: "a-us6" }, ""), false)).toEqual({});
  });
});

describe("the server's errors", () => {
  it("stand at their fields, in the words of the form", () => {
    const error = refused({ errors: [{ field: "/credentials/url", message: "credential `url` is not valid" }] });
    expect(problemsOf(error, several).fields).toEqual({ url: expect.stringMatching(/^Community URL.*https:/) });
  });
  it("stand at the key if the app refuses the only one, and at the form if it may be any", () => {
    const error = refused({
      type: "urn:integration-engine:problem:credentials-rejected",
      detail: "Mailchimp refuses the key.",
    });
    expect(problemsOf(error, one)).toEqual({ fields: { api_key: "Mailchimp refuses the key." } });
    expect(problemsOf(error, several)).toEqual({ fields: {}, form: error });
  });
  it("stand at the name if another account has it", () => {
    const error = refused({
      type: "urn:integration-engine:problem:conflict",
      errors: [{ field: "/label", message: "label `A` is in use by integration int_1 (kit)" }],
    });
    expect(problemsOf(error, one).fields).toEqual({ label: apps.labelTaken });
  });
  it("stand at the form otherwise", () => {
    const elsewhere = refused({ errors: [{ field: "/return_to", message: "It must be a page at this origin." }] });
    for (const error of [new TypeError("network"), refused({ status: 503 }), elsewhere]) {
      expect(problemsOf(error, one)).toEqual({ fields: {}, form: error });
    }
  });
});
