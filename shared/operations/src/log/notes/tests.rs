use domain::plan::event_id;
use serde_json::{Value, json};

use super::*;
use crate::sample;

fn line(id: &str, product: &str, fields: Value) -> Value {
    let usd = json!({ "amount": 4900, "currency": "USD" });
    let mut line = json!({
        "line_id": id, "product_id": product, "name": "Sourdough", "role": "primary", "quantity": 1, "price": usd,
    });
    if let (Value::Object(line), Value::Object(fields)) = (&mut line, fields) {
        line.extend(fields);
    }
    line
}

/// A line of a refund, with the amounts refunded now and in total.
fn refunded_line(id: &str, product: &str, now: u64, total: u64) -> Value {
    let usd = |amount| json!({ "amount": amount, "currency": "USD" });
    line(id, product, json!({ "paid": usd(4900), "refunded_now": usd(now), "refunded_total": usd(total) }))
}

fn event(detail_type: &str, email: &str, items: &[Value], more: &Value) -> EventRecord {
    let mut detail = json!({
        "id": "1", "marketplace_id": "demo", "occurred_at": "2026-05-04T10:00:00Z", "test_mode": false,
        "customer": { "id": "cus_1", "email": email }, "charge_id": "ch_1", "charge_kind": "checkout",
        "order": { "id": "ord_1", "total": { "amount": 4900, "currency": "USD" } }, "items": items,
    });
    if let (Value::Object(detail), Value::Object(more)) = (&mut detail, more) {
        detail.extend(more.clone());
    }
    let (secret, detail) = (sample::secret(), detail.to_string());
    let id = event_id(&secret, &Fact::parse(detail_type, &detail).unwrap());
    sample::event(json!({ "id": id, "detail_type": detail_type, "email": email, "detail": detail }))
}

fn bought(email: &str, items: &[Value]) -> EventRecord {
    event("Order Completed", email, items, &json!({}))
}

fn refund(items: &[Value]) -> EventRecord {
    event("Charge Refunded", "new@example.com", items, &json!({}))
}

/// The notes on a refund, given these other events.
fn told(event: &EventRecord, others: &[&EventRecord]) -> Vec<String> {
    let fact = Fact::parse(&event.detail_type, &event.detail).unwrap();
    let Body::ChargeRefunded(refund) = &fact.body else { panic!("a refund") };
    let facts: Vec<_> = others.iter().filter_map(|other| read(other, refund, false)).collect();
    refunded(event, refund, &facts)
}

#[test]
fn a_refund_with_another_address_names_the_purchase_and_the_way_out() {
    let event = refund(&[refunded_line("l1", "p", 4900, 4900)]);
    let purchase = bought("old@example.com", &[line("l1", "p", json!({}))]);
    let [note] = &told(&event, &[&purchase])[..] else { panic!("one note") };
    assert!(
        note.contains(&format!("Order ord_1 was bought by old@example.com, in {}", purchase.id)),
        "{note}"
    );
    assert!(note.contains("publish the refund with old@example.com too"), "{note}");
}

#[test]
fn a_refund_with_the_address_of_its_purchase_says_nothing() {
    let event = refund(&[refunded_line("l1", "p", 4900, 4900)]);
    let purchase = bought("New@Example.com", &[line("l1", "p", json!({}))]);
    assert!(told(&event, &[&purchase]).is_empty());
}

#[test]
fn a_refund_whose_purchase_is_not_found_says_so() {
    let event = refund(&[refunded_line("l1", "p", 4900, 4900)]);
    let other = json!({ "order": { "id": "ord_2", "total": { "amount": 1, "currency": "USD" } }, "charge_id": "ch_2" });
    let other = self::event("Order Completed", "new@example.com", &[line("l1", "p", json!({}))], &other);
    let test = json!({ "test_mode": true });
    let test = self::event("Order Completed", "new@example.com", &[line("l1", "p", json!({}))], &test);
    let [note] = &told(&event, &[&other, &test, &event])[..] else { panic!("one note") };
    assert!(note.starts_with("No purchase of order ord_1 was found for new@example.com."), "{note}");
}

#[test]
fn a_refund_of_one_of_two_lines_of_a_product_says_what_it_ends() {
    let purchase = bought(
        "new@example.com",
        &[line("l1", "p", json!({})), line("l2", "p", json!({})), line("l3", "q", json!({}))],
    );
    let event = refund(&[refunded_line("l2", "p", 4900, 4900)]);
    let [note] = &told(&event, &[&purchase, &event])[..] else { panic!("one note") };
    assert!(
        note.starts_with("Line l2 is refunded, and line l1 of the same order and product p is"),
        "{note}"
    );
}

#[test]
fn a_line_that_an_earlier_refund_has_ended_is_not_still_paid_for() {
    let purchase = bought("new@example.com", &[line("l1", "p", json!({})), line("l2", "p", json!({}))]);
    let event = refund(&[refunded_line("l2", "p", 4900, 4900)]);
    let earlier = refund(&[refunded_line("l1", "p", 4900, 4900)]);
    assert!(told(&event, &[&purchase, &event, &earlier]).is_empty());
    // A partial refund ends nothing.
    let part = refund(&[refunded_line("l2", "p", 100, 100)]);
    assert!(told(&part, &[&purchase, &part]).is_empty());
}

#[test]
fn a_prospect_that_joined_another_says_what_became_of_that() {
    let earlier = sample::event(json!({})).id;
    let told = |timer: &Value| {
        let event = sample::event(json!({ "detail_type": "Prospect Created", "timer": timer }));
        joined(&earlier, Some(&event))
    };
    let waits = json!({ "state": "waiting", "fires_at": "2026-05-04T12:00:00Z", "name": "prospect-1" });
    assert!(
        told(&waits)
            .ends_with("Its wait ends at 2026-05-04T12:00:00Z; the rules are judged then, once for both.")
    );
    let fired = json!({ "state": "fired", "at": "2026-05-04T12:00:00Z" });
    assert!(told(&fired).contains("it fired Prospect Created, once for both"));
    let bought = json!({ "state": "bought", "event": earlier });
    assert!(told(&bought).contains(&format!("bought before its wait ended, in {earlier}")));
    assert!(
        joined(&earlier, None).contains("no longer stored") && told(&fired).contains(&earlier.to_string())
    );
}

#[test]
fn a_prospect_that_joined_another_also_says_what_was_cut_of_it() {
    let customer = json!({ "id": "cus_1", "email": "ada@example.com", "first_name": "a".repeat(300) });
    let event = event(
        "Order Completed",
        "ada@example.com",
        &[line("l1", "p", json!({}))],
        &json!({ "customer": customer }),
    );
    let fact = Fact::parse(&event.detail_type, &event.detail).unwrap();
    let notes = own(&fact, Some("It joined another.".to_owned()));
    let [cut, joined] = &notes[..] else { panic!("{notes:?}") };
    assert!(cut.contains("has 300 characters") && joined == "It joined another.", "{notes:?}");
}

#[test]
fn a_status_that_did_not_change_is_named() {
    let item = line("l1", "p", json!({}));
    let change =
        serde_json::from_value(json!({ "subscription": { "id": "sub_1" }, "item": item, "from": "canceled",
        "to": "canceled", "by": "system" }))
        .unwrap();
    assert_eq!(
        unchanged(&change),
        "`from` and `to` are both canceled: the status did not change, so no trigger fires."
    );
}
