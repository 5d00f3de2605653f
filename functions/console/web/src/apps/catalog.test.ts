import { describe, expect, it } from "vitest";
import type { CatalogApp } from "../api/queries";
import type { Category, Integration } from "../api/types";
import { entries, searchAccounts, searchApps } from "./catalog";

const now = Date.parse("2026-11-30T12:00:00Z");
const app = (key: string, label: string, category: Category = "email_marketing") =>
  ({ app: key, label, description: `Works with ${label}.`, category, manifest: {} }) as CatalogApp;
const account = (label: string, rest: Partial<Integration> = {}) =>
  ({ id: label, app: "mailchimp", label, state: "connected", ...rest }) as Integration;

const apps = [app("kit", "Kit"), app("mailchimp", "Mailchimp"), app("circle", "Circle", "community")];
const accounts = [
  account("B"),
  account("Resting", { paused_until: "2026-11-30T12:10:00Z" }),
  account("Later", { state: "needs_reconnect", since: "2026-11-29T00:00:00Z" }),
  account("Sooner", { state: "needs_reconnect", since: "2026-11-28T00:00:00Z", account: "Ada's shop" }),
  account("A", { paused_until: "2026-11-30T11:00:00Z" }),
];

describe("the catalogue", () => {
  it("has the accounts of each app", () => {
    const all = entries(apps, accounts);
    expect(all.map((entry) => [entry.app.label, entry.accounts.length])).toEqual([
      ["Kit", 0],
      ["Mailchimp", 5],
      ["Circle", 0],
    ]);
  });

  it.each([
    ["MAIL", ["Mailchimp"]],
    ["email", ["Kit", "Mailchimp"]],
    ["works kit", ["Kit"]],
    ["ada's", ["Mailchimp"]],
    ["", ["Kit", "Mailchimp", "Circle"]],
    ["nothing", []],
  ])("finds by %j: %j", (search, found) => {
    expect(searchApps(entries(apps, accounts), search).map((entry) => entry.app.label)).toEqual(found);
  });

  it("lists the accounts that need the merchant first, longest first", () => {
    const labels = (search: string) => searchAccounts(apps, accounts, search, now).map((found) => found.account.label);
    expect(labels("")).toEqual(["Sooner", "Later", "Resting", "A", "B"]);
    expect(labels("mailchimp resting")).toEqual(["Resting"]);
  });
});
