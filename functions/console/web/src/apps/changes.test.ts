import { describe, expect, it } from "vitest";
import type { CatalogApp } from "../api/queries";
import type { ConfigEntry, Trigger } from "../api/types";
import { changesOf, type Names, readable } from "./changes";

const names: Names = {
  apps: [
    {
      app: "mailchimp",
      manifest: {
        methods: [{ key: "api_key", label: "API key" }],
        actions: [
          {
            key: "add_tag",
            label: "Add Tag",
            settings: [
              { key: "tag", label: "Tags" },
              { key: "mode", label: "How", choices: [{ value: "archive", label: "Archive" }] },
            ],
          },
        ],
      },
    } as unknown as CatalogApp,
  ],
  triggers: [{ trigger: "product_purchased", label: "Product Purchased" } as Trigger],
  accounts: new Map([["int_1", "Main audience"]]),
  products: new Map([["a", "Sourdough"]]),
  labels: new Map([["t1", "Baker"]]),
};
const entry = (before: object | null, after: object | null) =>
  ({ app: "mailchimp", kind: "rule", before, after }) as unknown as ConfigEntry;

describe("the changes of an entry", () => {
  it("have the words of the app, the trigger and the account", () => {
    const rule = {
      name: "Buyers",
      trigger: "product_purchased",
      action: "add_tag",
      integration: "int_1",
      scope: { kind: "products", products: ["a", "b"] },
      settings: { tag: ["VIP", "t1"], mode: "archive", other: true },
      conditions: [
        { field: "coupon_code", operator: "equals", value: "VIP" },
        { field: "utm.source", operator: "exists" },
      ],
      enabled: true,
      use_gift_recipient: false,
    };
    expect(changesOf(entry(null, rule), names)).toEqual([
      { part: "Name", before: null, after: "Buyers" },
      { part: "Trigger", before: null, after: "Product Purchased" },
      { part: "Products", before: null, after: "Sourdough, b" },
      { part: "Only if", before: null, after: "coupon is VIP and UTM source is set" },
      { part: "Use Gift Receipt", before: null, after: "No" },
      { part: "Account", before: null, after: "Main audience" },
      { part: "Action", before: null, after: "Add Tag" },
      { part: "Rule", before: null, after: "On" },
      { part: "Tags", before: null, after: "VIP, Baker" },
      { part: "How", before: null, after: "Archive" },
      { part: "other", before: null, after: "Yes" },
    ]);
  });

  it("are only those settings that differ", () => {
    const change = entry({ settings: { tag: ["A"], mode: "archive" } }, { settings: { tag: ["B"], mode: "archive" } });
    expect(changesOf(change, names)).toEqual([{ part: "Tags", before: "A", after: "B" }]);
  });

  it("have what an object had before it was deleted", () => {
    expect(changesOf(entry({ scope: { kind: "global" } }, null), names)).toEqual([
      { part: "Products", before: "Every product", after: null },
    ]);
  });

  it("show a part that was too large, and values of a kind that they do not know", () => {
    const after = {
      settings: "5000 bytes of JSON",
      conditions: "6000 bytes of JSON",
      new_part: { a: 1 },
      method: "api_key",
    };
    expect(changesOf(entry(null, after), names).map((change) => change.after)).toEqual([
      "API key",
      "6000 bytes of JSON",
      '{"a":1}',
      "5000 bytes of JSON",
    ]);
  });

  it("are none without before and after", () => {
    expect(changesOf(entry(null, null), names)).toEqual([]);
  });
});

it("quotes names in messages", () => {
  expect(readable("Renamed from `A` to `B`.")).toBe("Renamed from “A” to “B”.");
  expect(readable("A ` alone")).toBe("A ` alone");
});
