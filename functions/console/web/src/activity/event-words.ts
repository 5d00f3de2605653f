/** An event in plain words, by its type. */
import type { Amount } from "../api/types";
import { money } from "../format/money";
import { exact } from "../format/time";
import { name, type Piece, type Sentence } from "../format/told";
import { activity } from "../text";
import { amount, type Json, list, number, object, text } from "./json";

export type Line = {
  id: string;
  name: string;
  quantity: number;
  price: Amount | null;
  refunded: Amount | null;
  coupon: string | null;
  role: string;
};

type Detail = { label: string; value: Piece };

export type FactInWords = {
  sentence: Sentence;
  lines: Line[];
  details: Detail[];
  testMode: boolean;
  currency: string | null;
};

const { facts: words } = activity;

/** The facts that fire triggers, by the key of their name, and the test of a rule. */
const SENTENCES = {
  order_completed: ({ buyer, what, price }) => words.order_completed(buyer, what, price),
  checkout_charged: ({ buyer, what, price }) => words.checkout_charged(buyer, what, price),
  checkout_failed: ({ buyer, what, price }) => words.checkout_failed(buyer, what, price),
  product_added_to_order: ({ buyer, what }) => words.product_added_to_order(buyer, what),
  charge_refunded: ({ buyer, detail, lines }) => {
    const now = lines.filter((line) => (line.refunded?.amount ?? 0) > 0);
    const items = list(detail.items).map(object);
    const isFull = items.every(
      (item) => (amount(item.refunded_total)?.amount ?? 0) >= (amount(item.paid)?.amount ?? 1),
    );
    const say = isFull ? words.charge_refunded_full : words.charge_refunded;
    return say(buyer, products(now), sum(now.map(({ refunded }) => refunded)));
  },
  prospect_created: ({ buyer, what }) => words.prospect_created(buyer, what),
  subscription_charged: ({ buyer, what, price }) => words.subscription_charged(buyer, what, price),
  subscription_charge_failed: ({ buyer, what, price }) => words.subscription_charge_failed(buyer, what, price),
  subscription_status_changed: ({ buyer, what, detail }) =>
    words.subscription_status_changed(buyer, what, status(detail.from), status(detail.to)),
  subscription_cancel_scheduled: ({ buyer, what }) => words.subscription_cancel_scheduled(buyer, what),
  subscription_cancel_scheduled_stopped: ({ buyer, what }) => words.subscription_cancel_scheduled_stopped(buyer, what),
  lead_added: ({ buyer, page }) => words.lead_added(buyer, page),
  course_student_added: ({ buyer, course }) => words.course_student_added(buyer, course),
  course_student_removed: ({ buyer, course }) => words.course_student_removed(buyer, course),
  course_student_started: ({ buyer, course }) => words.course_student_started(buyer, course),
  course_student_finished: ({ buyer, course }) => words.course_student_finished(buyer, course),
  rule_test: ({ buyer }) => words.rule_test(buyer),
} satisfies Record<Kind, (parts: Parts) => Sentence>;

type Kind = FactKind | "rule_test";
type FactKind = NonNullable<
  NonNullable<import("../api/schema").paths["/v1/events"]["get"]["parameters"]["query"]>["kind"]
>;

type Parts = { buyer: Piece; what: Sentence; price: Sentence; course: Piece; page: Piece; detail: Json; lines: Line[] };

/** Puts an event into words. */
export function factInWords(detailType: string, email: string, published: unknown): FactInWords {
  const detail = object(published);
  const lines = linesOf(detail);
  const order = object(detail.order);
  const total = amount(order.total) ?? amount(detail.amount);
  const kind = detailType.toLowerCase().replaceAll(" ", "_");
  const course = text(object(detail.course).name) ?? text(object(detail.course).course_id);
  const page = text(object(detail.page).name) ?? text(object(detail.page).page_id);
  const parts: Parts = {
    buyer: name(short(buyerOf(detail) ?? email)),
    what: products(lines),
    price: total ? words.price(money(total.amount, total.currency)) : [],
    course: name(short(course ?? "")),
    page: name(short(page ?? "")),
    detail,
    lines,
  };
  const say = Object.hasOwn(SENTENCES, kind) ? SENTENCES[kind as Kind] : null;
  const sentence = say ? say(parts) : words.other(detailType, parts.buyer);
  const id = text(order.id);
  return {
    sentence: id ? [...sentence, ...words.inOrder(id)] : sentence,
    lines,
    details: detailsOf(detail, order),
    testMode: detail.test_mode === true,
    currency: (total ?? lines[0]?.price)?.currency ?? null,
  };
}

const LONGEST_NAME = 60;

/** A name that fits into a sentence; the whole name is in the details. */
function short(text: string): string {
  const characters = [...text];
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME).join("")}…` : text;
}

/** The buyer's name. */
function buyerOf(detail: Json): string | null {
  const { first_name, last_name } = object(detail.customer);
  return [text(first_name), text(last_name)].filter(Boolean).join(" ") || null;
}

function linesOf(detail: Json): Line[] {
  const items = detail.item === undefined ? list(detail.items) : [detail.item];
  return items.map(object).map((item, at) => ({
    id: text(item.line_id) ?? String(at + 1),
    name: text(item.name) ?? text(item.product_id) ?? words.someProduct,
    quantity: number(item.quantity) ?? 1,
    price: amount(item.price),
    refunded: amount(item.refunded_now),
    coupon: text(object(item.coupon).code),
    role: roleOf(item),
  }));
}

function roleOf(item: Json): string {
  const role = text(item.role) ?? "";
  return (
    text(item.payment_option) ??
    (Object.hasOwn(words.roles, role) ? words.roles[role as keyof typeof words.roles] : role)
  );
}

const MOST_NAMED = 2;

/** The products of a sentence: at most two by name. */
function products(lines: readonly Line[]): Sentence {
  const named = (line: Line): Piece =>
    line.quantity > 1 ? words.times(line.quantity, name(short(line.name))) : name(short(line.name));
  const shown = lines.length > MOST_NAMED + 1 ? lines.slice(0, MOST_NAMED) : lines;
  const rest = lines.length - shown.length;
  return words.list([...shown.map(named), ...(rest > 0 ? [words.more(rest)] : [])]);
}

/** The sum of amounts in one currency. */
function sum(amounts: readonly (Amount | null)[]): string {
  const known = amounts.filter((amount) => amount !== null);
  return money(
    known.reduce((total, { amount }) => total + amount, 0),
    known[0]?.currency ?? "USD",
  );
}

const status = (value: unknown): Piece => name(text(value) ?? "?");

function detailsOf(detail: Json, order: Json): Detail[] {
  const { labels } = words;
  const details: Detail[] = [];
  const add = (label: string, value: Piece | null) => {
    if (value !== null && value !== "") details.push({ label, value });
  };
  const named = (value: unknown) => {
    const known = text(value);
    return known === null ? null : name(known);
  };
  const price = (value: unknown) => {
    const known = amount(value);
    return known && money(known.amount, known.currency);
  };
  const items = (detail.item === undefined ? list(detail.items) : [detail.item]).map(object);
  const unique = (values: (string | null)[]) => [...new Set(values.filter((value) => value !== null))];

  const parts = [order.subtotal, order.discount, order.tax, order.shipping].some((part) => amount(part));
  if (parts || items.length > 1) {
    add(labels.subtotal, price(order.subtotal));
    add(labels.discount, price(order.discount));
    add(labels.tax, price(order.tax));
    add(labels.shipping, price(order.shipping));
    add(labels.total, price(order.total));
  }
  const coupons = unique(items.map((item) => text(object(item.coupon).code)));
  if (coupons.length > 0) add(labels.coupon, words.list(coupons.map(name)));
  const gifts = unique(items.map((item) => text(object(object(item.gift).recipient).email)));
  if (gifts.length > 0) add(labels.gift, words.list(gifts.map(name)));
  const failure = object(detail.failure);
  add(labels.failure, named(failure.message) ?? named(failure.code));
  add(labels.reason, named(detail.reason));
  const payment = number(detail.charge_number);
  if (payment !== null) {
    const shown = words.paymentNumber(payment, number(detail.charges_total));
    add(labels.paymentNumber, detail.in_dunning === true ? `${shown}, ${words.afterFailures}` : shown);
  }
  const failures = number(detail.consecutive_failures);
  add(labels.failures, failures === null ? null : String(failures));
  const cancelAt = text(detail.cancel_at) ?? "";
  add(labels.cancelAt, Number.isNaN(Date.parse(cancelAt)) ? null : exact(cancelAt));
  const by = text(detail.by);
  add(labels.by, by && Object.hasOwn(words.actors, by) ? words.actors[by as keyof typeof words.actors] : named(by));
  const affiliate = object(order.affiliate);
  add(labels.affiliate, named(affiliate.name) ?? named(affiliate.id));
  add(labels.campaign, named(object(order.utm).campaign));
  const customer = object(detail.customer);
  add(labels.country, named(object(customer.address).country));
  add(labels.phone, named(customer.phone));
  return details;
}
