//! Records for tests: Ada bought two sourdough courses, with the resulting actions.

use domain::digest::DigestSecret;
use domain::fact::Fact;
use domain::id::JobId;
use domain::integration::Integration;
use domain::log::{EventRecord, JobRecord};
use domain::plan::event_id;
use domain::rule::Rule;
use serde_json::{Value, json};

/// The stack's secret.
pub(crate) fn secret() -> DigestSecret {
    "0123456789abcdef0123456789abcdef".parse().unwrap()
}

/// The event. `fields` replaces some of its fields.
pub(crate) fn event(fields: Value) -> EventRecord {
    let item = json!({
        "line_id": "li_1", "product_id": "sourdough", "name": "Sourdough", "role": "primary", "quantity": 2,
        "price": { "amount": 4900, "currency": "USD" },
    });
    let detail = json!({
        "id": "ord_1.completed", "marketplace_id": "demo", "occurred_at": "2026-05-04T10:00:00Z", "test_mode": true,
        "customer": { "id": "cus_1", "email": "ada@example.com", "first_name": "Ada" }, "charge_id": "ch_1",
        "order": { "id": "ord_1", "total": { "amount": 9300, "currency": "USD" } }, "items": [item], "item": item,
    });
    let detail = detail.to_string();
    let fact = Fact::parse("Order Completed", &detail).unwrap();
    let event = json!({
        "id": event_id(&secret(), &fact), "marketplace": "demo", "fact_id": "ord_1.completed",
        "detail_type": "Order Completed", "email": "ada@example.com", "detail": detail, "timer": null,
        "verdicts": {}, "occurred_at": "2026-05-04T10:00:00Z", "received_at": "2026-05-04T10:00:01Z",
    });
    serde_json::from_value(replaced(event, fields)).unwrap()
}

/// The record of a job of that event.
pub(crate) fn record(id: JobId, status: &str) -> JobRecord {
    let record = json!({
        "id": id, "marketplace": "demo", "rule": "rul_1", "trigger": "product_purchased", "line": "li_1",
        "integration": "int_1", "app": "mailchimp", "action": "add_to_list", "intent": "on",
        "email": "ada@example.com", "occurred_at": "2026-05-04T10:00:00Z", "updated_at": "2026-05-04T10:00:05Z",
        "status": status, "attempts": 1, "history": [],
    });
    serde_json::from_value(record).unwrap()
}

/// A connected account.
pub(crate) fn account(id: &str, label: &str) -> Integration {
    let account = json!({
        "id": id, "marketplace": "demo", "app": "mailchimp", "label": label, "method": "api_key", "credentials": "x",
        "connection": { "state": "connected" },
        "created_at": "2026-05-04T10:00:00Z", "updated_at": "2026-05-04T10:00:00Z",
    });
    serde_json::from_value(account).unwrap()
}

/// A rule for products: Add To List.
pub(crate) fn rule(id: &str, trigger: &str, products: &[&str]) -> Rule {
    let rule = json!({
        "id": id, "marketplace": "demo", "scope": { "kind": "products", "products": products }, "trigger": trigger,
        "integration": "int_1", "app": "mailchimp", "action": "add_to_list", "settings": { "list_id": id },
        "enabled": true,
    });
    serde_json::from_value(rule).unwrap()
}

fn replaced(mut record: Value, fields: Value) -> Value {
    if let (Value::Object(record), Value::Object(fields)) = (&mut record, fields) {
        record.extend(fields);
    }
    record
}
