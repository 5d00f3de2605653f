//! Records for tests.

use domain::digest::DigestSecret;
use domain::log::{EventRecord, JobRecord};
use serde_json::{Value, json};

/// The stack's secret.
pub(crate) fn secret() -> DigestSecret {
    "0123456789abcdef0123456789abcdef".parse().unwrap()
}

/// An event's id.
pub(crate) const EVENT: &str = "evt_000000000000000000000000000000000000000000";

/// The id of a job of that event, by number.
pub(crate) fn job_id(number: usize) -> String {
    format!("job_{}{number:014}00", &EVENT[4..])
}

/// A job of that event: Add Tag for Ada, tried once. `fields` replaces some of its fields.
pub(crate) fn job(number: usize, fields: Value) -> JobRecord {
    let job = json!({
        "id": job_id(number), "marketplace": "demo", "rule": "rul_tag", "trigger": "product_purchased", "line": "li_1",
        "integration": "int_1", "app": "mailchimp", "action": "add_tag", "intent": "on", "email": "ada@example.com",
        "occurred_at": "2026-05-04T10:00:00Z", "updated_at": "2026-05-04T10:00:05Z", "status": "performed",
        "attempts": 1, "history": [],
    });
    serde_json::from_value(replaced(job, fields)).unwrap()
}

/// The event: Ada bought two Sourdough Masterclasses, one of them a gift. `fields` replaces some of its fields.
pub(crate) fn event(fields: Value) -> EventRecord {
    let item = json!({
        "line_id": "li_1", "product_id": "sourdough", "name": "Sourdough", "role": "primary", "quantity": 2,
        "price": { "amount": 4900, "currency": "USD" }, "gift": { "recipient": { "email": "g@example.com" } },
        "coupon": { "code": "SPRING", "discount": { "amount": 500, "currency": "USD" } },
    });
    let detail = json!({
        "id": "ord_1.completed", "marketplace_id": "demo", "occurred_at": "2026-05-04T10:00:00Z", "test_mode": true,
        "customer": { "id": "cus_1", "email": "ada@example.com", "first_name": "Ada" }, "charge_id": "ch_1",
        "order": { "id": "ord_1", "total": { "amount": 9300, "currency": "USD" } }, "items": [item], "item": item,
    });
    let event = json!({
        "id": EVENT, "marketplace": "demo", "fact_id": "ord_1.completed", "detail_type": "Order Completed",
        "email": "ada@example.com", "detail": detail.to_string(), "timer": null, "verdicts": {},
        "occurred_at": "2026-05-04T10:00:00Z", "received_at": "2026-05-04T10:00:01Z",
    });
    serde_json::from_value(replaced(event, fields)).unwrap()
}

fn replaced(mut record: Value, fields: Value) -> Value {
    if let (Value::Object(record), Value::Object(fields)) = (&mut record, fields) {
        record.extend(fields);
    }
    record
}
