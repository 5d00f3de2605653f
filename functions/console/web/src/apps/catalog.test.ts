import { describe, expect, it } from "vitest";
import type { CatalogApp } from "../api/queries";
import type { Integration } from "../api/types";
import { entries, searchAccounts, searchApps } from "./catalog";

const now = Date.parse("2026-11-30T12:00:00Z");
const app = (key: string, label: string) =>
  ({ app: key, label, description: `Works with ${label}.`, manifest: {} }) as CatalogApp;
const account = (label: string, rest: Partial<Integration> = {}) =>
  ({ id: label, app: "mailchimp", label, state: "connected", ...rest }) as Integration;

const apps = [app("kit", "Kit"), app("mailchimp", "Mailchimp"), app("new", "New app")];
const accounts = [
  account("B"),
  account("Resting", { paused_until: "2026-11-30T12:10:00Z" }),
  account("Later", { state: "needs_reconnect", since: "2026-11-29T00:00:00Z" }),
  account("Sooner", { state: "needs_reconnect", since: "2026-11-28T00:00:00Z", account: "Ada's shop" }),
  account("A", { paused_until: "2026-11-30T11:00:00Z" }),
];

describe("the catalogue", () => {
  it("has the accounts of each app, and a category for an app that it does not know", () => {
    const all = entries(apps, accounts);
    expect(all.map((entry) => [entry.app.label, entry.category, entry.accounts.length])).toEqual([
      ["Kit", "email_marketing", 0],
      ["Mailchimp", "email_marketing", 5],
      ["New app", "automation", 0],
    ]);
  });

  it.each([
    ["MAIL", ["Mailchimp"]],
    ["email", ["Kit", "Mailchimp"]],
    ["works kit", ["Kit"]],
    ["ada's", ["Mailchimp"]],
    ["", ["Kit", "Mailchimp", "New app"]],
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
