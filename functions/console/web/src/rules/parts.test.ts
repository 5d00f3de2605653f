import { expect, it } from "vitest";
import type { CatalogApp } from "../api/queries";
import type { Catalog } from "./draft";
import { differences } from "./parts";

const app = {
  app: "mailchimp",
  manifest: { actions: [{ key: "add_tag", label: "Add Tag", settings: [{ key: "tag", label: "Tags" }] }] },
} as unknown as CatalogApp;
const catalog: Catalog = { apps: new Map([["mailchimp", app]]), triggers: new Map(), integrations: new Map() };
const rule = {
  scope: { kind: "global" as const },
  trigger: "product_purchased",
  integration: "int_1",
  app: "mailchimp",
  action: "add_tag",
  settings: { tag: ["1"], quiet: true },
  labels: { "1": "Baker", "2": "Customer" },
  name: "Bakers",
  enabled: true,
} as const;
const changed = (change: object) => differences(rule as never, { ...rule, ...change } as never, catalog);

it("shows nothing for the same rule", () => expect(changed({})).toEqual([]));

it("shows each part that differs, in the merchant's words", () => {
  expect(changed({ name: null, enabled: false })).toEqual([
    { label: "Name", saved: "Bakers", mine: "none" },
    { label: "On or off", saved: "on", mine: "off" },
  ]);
  expect(changed({ settings: { quiet: true, tag: ["1", "2"] } })).toEqual([
    { label: "Settings", saved: "Tags: Baker · quiet: on", mine: "Tags: Baker, Customer · quiet: on" },
  ]);
  expect(changed({ scope: { kind: "products", products: ["bread"] } })).toEqual([
    { label: "Applies to", saved: "All products", mine: "bread" },
  ]);
});
