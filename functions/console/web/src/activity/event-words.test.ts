import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { plain } from "../format/told";
import { factInWords } from "./event-words";
import { flatten } from "./json";

const SAMPLES = new URL("../../../../../events/samples/", import.meta.url);

function sample(file: string) {
  const [entry] = JSON.parse(readFileSync(new URL(file, SAMPLES), "utf8"));
  const detail = JSON.parse(entry.Detail);
  return factInWords(entry.DetailType, detail.customer?.email ?? "", detail);
}

describe("events in words", () => {
  it.each([
    ["order-completed.one-item", "Elena Petrova bought Sourdough Masterclass for $49.00, order ord_5005"],
    [
      "order-completed.every-field",
      "Maya Cohen bought 2 × Sourdough Masterclass and Pastry Masterclass for $180.00, order ord_5015",
    ],
    ["charge-refunded.full", "Paul Dubois was refunded $49.00 for Sourdough Masterclass, in full, order ord_5020"],
    [
      "charge-refunded.partial-that-completes",
      "Rosa Garcia was refunded $39.00 for Sourdough Masterclass, in full, order ord_5022",
    ],
    [
      "charge-refunded.one-item-full-one-partial",
      "Tara Singh was refunded $69.00 for Sourdough Masterclass and Pastry Masterclass, order ord_5024",
    ],
    [
      "checkout-failed.card-declined",
      "The payment of Chloe Martin for Sourdough Masterclass for $49.00 failed, order ord_5003",
    ],
    ["prospect-created.with-coupon", "Yara Haddad visited the checkout of Pastry Masterclass"],
    [
      "subscription-charged.dunning-recovery",
      "Bruno Costa was charged for the subscription to Baking Club for $15.00, order ord_5030",
    ],
    [
      "subscription-charge-failed.second-failure",
      "A charge of Hana Sato for the subscription to Baking Club for $15.00 failed",
    ],
    [
      "subscription-status-changed.canceled-by-customer",
      "The subscription of Jade Brown to Baking Club changed from active to canceled",
    ],
    ["subscription-cancel-scheduled.by-customer", "The subscription of Nora Lind to Baking Club is set to be canceled"],
    [
      "subscription-cancel-scheduled-stopped.by-customer",
      "The subscription of Mina Park to Baking Club is not canceled after all",
    ],
    ["lead-added.without-product", "Lena Vogel signed up on the page Newsletter"],
    ["course-student-finished.of-a-product", "Bea Santos finished the course Sourdough Masterclass"],
  ])("%s", (file, sentence) => expect(plain(sample(`${file}.json`).sentence)).toBe(sentence));

  it("put every sample into a sentence of its own type", () => {
    const files = readdirSync(SAMPLES).filter(
      (file) => /^[a-z-]+\..*\.json$/.test(file) && !file.startsWith("product-saved"),
    );
    expect(files.length).toBeGreaterThan(40);
    for (const file of files) {
      const sentence = plain(sample(file).sentence);
      expect(sentence, file).not.toMatch(/undefined|null|NaN|^[A-Z][a-z]+ [A-Z][a-z]+( [A-Z][a-z]+)*: /);
    }
  });

  it("have what else is known", () => {
    const { details, lines } = sample("order-completed.every-field.json");
    const shown = Object.fromEntries(
      details.map(({ label, value }) => [label, plain(Array.isArray(value) ? value : [value as string])]),
    );
    expect(shown).toMatchObject({
      Coupon: "SPRING10",
      "Gift for": "pat.reed@example.com",
      Tax: "$7.80",
      Total: "$180.00",
    });
    expect(lines.map(({ role }) => role)).toEqual(["Pay once", "Upsell"]);
  });

  it("say when a subscription ends", () => {
    const { details } = sample("subscription-cancel-scheduled.by-customer.json");
    const ends = details.find(({ label }) => label === "Ends on");
    expect(ends && plain([ends.value as string])).toMatch(/2026/);
  });

  it("survive any JSON", () => {
    for (const published of [null, [], "text", { items: "none", order: 5 }, { items: [null], customer: [] }]) {
      expect(() => factInWords("Order Completed", "a@b.c", published)).not.toThrow();
    }
    expect(plain(factInWords("Moon Landed", "a@b.c", {}).sentence)).toBe("Moon Landed: a@b.c");
    expect(plain(factInWords("constructor", "a@b.c", {}).sentence)).toBe("constructor: a@b.c");
  });

  it("name two products of many", () => {
    const items = Array.from({ length: 100 }, (_, at) => ({ name: `P${at + 1}` }));
    expect(plain(factInWords("Product Added To Order", "a@b.c", { items }).sentence)).toBe(
      "The order of a@b.c now also has P1, P2, and 98 other products",
    );
  });
});

describe("fields", () => {
  it("are listed with their path, up to a limit", () => {
    expect(flatten({ a: { b: [1, { c: "x" }] }, d: null, e: {} }, 3)).toEqual({
      rows: [
        { path: "a › b › 1", value: "1" },
        { path: "a › b › 2 › c", value: "x" },
        { path: "d", value: "null" },
      ],
      more: 1,
    });
  });
});
