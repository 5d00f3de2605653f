import { expect, it } from "vitest";
import { byField, fieldOfPointer } from "./findings";

it.each([
  ["/settings/list_id", "settings.list_id"],
  ["/settings/a~1b~0c", "settings.a/b~c"],
  ["/conditions/2/value", "conditions.2"],
  ["/scope/products/3", "products"],
  ["/scope", "scope"],
  ["/rule/integration", "integration"],
  ["/settings", "action"],
  ["/", ""],
  ["", ""],
])("finds the field of %s", (pointer, field) => expect(fieldOfPointer(pointer)).toBe(field));

it("keeps every message of a field", () => {
  const found = byField([
    { field: "/conditions/0/value", message: "One." },
    { field: "/conditions/0", message: "Two." },
    { field: "/trigger", message: "Three." },
  ]);
  expect(found).toEqual({ "conditions.0": "One. Two.", trigger: "Three." });
});
