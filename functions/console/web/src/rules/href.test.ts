import { expect, it } from "vitest";
import { addressOf } from "./href";

const parameters = new URLSearchParams("q=vip&try=1&rule=rul_1&product=bread");

it("keeps the filters of the list, and not what was for the rule", () => {
  expect(addressOf({ path: "/rules", parameters })).toBe("/rules?q=vip");
  expect(addressOf({ path: "/rules/rul_2", parameters, add: { try: "1" } })).toBe("/rules/rul_2?q=vip&try=1");
  expect(addressOf({ path: "/rules", parameters: new URLSearchParams("rule=rul_1") })).toBe("/rules");
});
