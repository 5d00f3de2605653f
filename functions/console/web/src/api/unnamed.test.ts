import { expect, it } from "vitest";
import type { Manifest, Rule } from "./types";
import { unnamed } from "./unnamed";

const action = { key: "add_tag", label: "Add Tag", effect: { kind: "state", target: ["list_id", "tag"] } };
const manifest = { actions: [action] } as unknown as Manifest;
const rule = {
  app: "mailchimp",
  action: "add_tag",
  settings: { list_id: "a1", tag: ["7", "New"] },
  labels: { "7": "Baker" },
  names: { integration: "Main audience" },
} as unknown as Rule;

it("names a rule without a name by what it does", () => {
  expect(unnamed(rule, manifest)).toBe("Add Tag Baker, New in Main audience");
  expect(unnamed({ ...rule, names: null }, manifest)).toBe("Add Tag Baker, New");
  expect(unnamed({ ...rule, action: "send_message" }, undefined)).toBe("Send Message in Main audience");
});
