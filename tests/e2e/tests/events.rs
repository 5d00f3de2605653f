//! Events: decided once, by the rules of their time, and shown with notes.

use aws::store::{EventWrite, FactReceived, Recorded};
use domain::app::App;
use domain::id::{EventId, FactKey};
use domain::log::{EventRecord, Status};
use domain::trigger::Trigger;
use domain::verdict::RuleVerdict;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::{Opens, Portal, Sample, Shop, now, until};

/// Invokes a trigger's function with a fact once more, and waits until it has ended.
async fn repeat(shop: &Shop, trigger: Trigger, sample: &Sample) {
    let sample = sample.clone().of(&shop.id);
    let event = json!({ "source": "commerce", "detail-type": sample.detail_type, "detail": sample.detail });
    let function = &shop.engine.outputs.functions[trigger.key()];
    shop.engine.functions.invoke(function, event.to_string().into_bytes()).await.expect("planned");
}

async fn notes(shop: &Shop, id: EventId) -> Vec<String> {
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "read").await;
    let event = portal.get(&format!("/v1/events/{id}")).await.expect(200);
    serde_json::from_value(event["notes"].clone()).expect("notes")
}

#[tokio::test]
async fn a_repeated_fact_fires_no_rule_that_is_newer_and_a_replay_does() {
    let shop = Shop::open("events-newer").await;
    let order = Sample::read("order-completed.one-item").id("newer-1").email("newer@example.com").now();
    let id = shop.publish([order.clone()]).await[0];
    until("the event", async || shop.event(id).await.0).await;

    let action = json!({ "action": "send_notify_url_post_for_orders", "created_at": now() });
    shop.rule("newer", Trigger::OrderCompleted, App::WEBHOOK, action).await;
    repeat(&shop, Trigger::OrderCompleted, &order).await;
    let (event, jobs) = shop.event(id).await;
    assert!(event.expect("the event").verdicts.is_empty() && jobs.is_empty());

    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let why = portal.get(&format!("/v1/events/{id}/explanation")).await.expect(200);
    let newer = &why["unread"][0];
    assert_eq!((&newer["rule"], &newer["is"]), (&json!("rul_newer"), &json!("newer")), "{why}");
    assert_eq!(newer["actions"], json!([]));
    assert!(newer["why"].as_str().is_some_and(|why| why.contains("a replay by the current rules does it")));

    portal.post(&format!("/v1/events/{id}/replay"), &json!({})).await.expect(200);
    assert_eq!(shop.ended(id, 1).await[0].status, Status::Performed);
}

#[tokio::test]
async fn a_repeated_fact_does_not_fire_a_rule_that_was_made_to_fire_for_it_since() {
    let shop = Shop::open("events-wider").await;
    let scope = json!({ "kind": "products", "products": ["another"] });
    let action = "send_notify_url_post_for_orders";
    let narrow = json!({ "action": action, "scope": scope });
    let rule = shop.rule("wider", Trigger::OrderCompleted, App::WEBHOOK, narrow).await;
    let order = Sample::read("order-completed.one-item").id("wider-1").email("wider@example.com").now();
    let id = shop.publish([order.clone()]).await[0];
    until("the event", async || shop.event(id).await.0).await;

    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let path = format!("/v1/rules/{rule}");
    let before = portal.get(&path).await.expect(200);
    let wide = json!({
        "scope": { "kind": "global" }, "trigger": Trigger::OrderCompleted, "integration": before["integration"],
        "action": action,
    });
    let etag = format!("\"{}\"", before["etag"].as_str().expect("an etag"));
    let after = portal.change(Method::PUT, &path, &etag, &wide).await.expect(200);
    assert_eq!(after["rule"]["created_at"], before["created_at"]);
    repeat(&shop, Trigger::OrderCompleted, &order).await;
    let (event, jobs) = shop.event(id).await;
    assert!(event.expect("the event").verdicts.is_empty() && jobs.is_empty());
    let why = portal.get(&format!("/v1/events/{id}/explanation?rule={rule}")).await.expect(200);
    assert_eq!(why["unread"][0]["is"], "newer", "{why}");
}

/// The input of the store for a fact.
struct Told {
    id: EventId,
    detail: String,
}

impl Told {
    fn of(shop: &Shop, name: &str) -> Self {
        let at = Timestamp::from_millisecond(now().as_millisecond()).expect("a time");
        let buyer = shop.buyer("ada@example.com");
        let id = EventId::new(at, buyer, FactKey::of(&["order_completed", name]));
        let detail = json!({ "id": name, "marketplace_id": shop.id });
        Self { id, detail: detail.to_string() }
    }

    async fn record(&self, shop: &Shop, decision: EventWrite<'_>, now: Timestamp) -> Recorded {
        let seen = FactReceived {
            id: self.id,
            marketplace: &shop.id,
            fact_id: "1",
            detail_type: "Order Completed",
            email: "ada@example.com",
            detail: &self.detail,
            now,
        };
        shop.engine.store.record_event(&seen, decision).await.expect("written")
    }

    async fn event(&self, shop: &Shop) -> EventRecord {
        shop.event(self.id).await.0.expect("the event")
    }
}

fn verdict(rule: &str) -> [RuleVerdict; 1] {
    let verdict = json!({ "rule": rule, "verdict": { "is": "disabled" } });
    [serde_json::from_value(verdict).expect("a verdict")]
}

#[tokio::test]
async fn of_two_plannings_at_once_the_first_verdicts_stay() {
    let shop = Shop::open("events-twice").await;
    let told = Told::of(&shop, "twice");
    let (first, second) = (verdict("rul_first"), verdict("rul_second"));
    let trigger = Trigger::OrderCompleted;
    assert_eq!(told.record(&shop, EventWrite::Verdicts(trigger, &first), now()).await, Recorded::Written);
    assert_eq!(told.record(&shop, EventWrite::Verdicts(trigger, &second), now()).await, Recorded::Decided);
    // Another trigger has verdicts of its own, and the fact alone changes nothing.
    let other = EventWrite::Verdicts(Trigger::ProductPurchased, &second);
    assert_eq!(told.record(&shop, other, now()).await, Recorded::Written);
    assert_eq!(told.record(&shop, EventWrite::Fact, now()).await, Recorded::Written);
    let verdicts = told.event(&shop).await.verdicts;
    assert_eq!(verdicts[&trigger], first);
    assert_eq!(verdicts[&Trigger::ProductPurchased], second);
}

#[tokio::test]
async fn an_event_that_has_expired_is_stored_anew_when_its_fact_is_repeated() {
    let shop = Shop::open("events-expired").await;
    let told = Told::of(&shop, "expired");
    let long_ago = now() - SignedDuration::from_hours(24 * 365);
    let (before, after) = (verdict("rul_before"), verdict("rul_after"));
    told.record(&shop, EventWrite::Verdicts(Trigger::OrderCompleted, &before), long_ago).await;
    told.record(&shop, EventWrite::Verdicts(Trigger::ProductPurchased, &before), long_ago).await;
    assert!(shop.event(told.id).await.0.is_none());

    let now = now();
    let again = EventWrite::Verdicts(Trigger::OrderCompleted, &after);
    assert_eq!(told.record(&shop, again, now).await, Recorded::Written);
    let event = told.event(&shop).await;
    assert_eq!(event.received_at, now);
    assert_eq!(event.verdicts.into_iter().collect::<Vec<_>>(), [(Trigger::OrderCompleted, after.to_vec())]);
}

fn refund(line: &str, email: &str) -> Sample {
    let usd = json!({ "amount": 4900, "currency": "USD" });
    let line = json!({
        "line_id": line, "product_id": "course", "name": "Course", "role": "primary", "quantity": 1, "price": usd,
        "paid": usd, "refunded_now": usd, "refunded_total": usd,
    });
    let refund = Sample::read("charge-refunded.full").id("refund-1").email(email).now();
    refund.with("/order/id", "ord_notes").with("/charge_id", "ch_notes").with("/items", json!([line]))
}

fn purchase(email: &str) -> Sample {
    let line = |id: &str| {
        json!({
            "line_id": id, "product_id": "course", "name": "Course", "role": "primary", "quantity": 1,
            "price": { "amount": 4900, "currency": "USD" },
        })
    };
    let order = Sample::read("order-completed.one-item").id("order-1").email(email).now();
    order.with("/order/id", "ord_notes").with("/items", json!([line("l1"), line("l2")]))
}

/// The notes on a refund, once its event and the purchase's event are stored.
async fn refunded(shop: &Shop, bought_by: &str, refunded_to: &str) -> (Vec<String>, EventId) {
    let bought = shop.publish([purchase(bought_by)]).await[0];
    until("the purchase", async || shop.event(bought).await.0).await;
    let id = shop.publish([refund("l2", refunded_to)]).await[0];
    until("the refund", async || shop.event(id).await.0).await;
    (notes(shop, id).await, bought)
}

#[tokio::test]
async fn a_refund_with_another_address_than_its_purchase_says_so() {
    let shop = Shop::open("events-address").await;
    let (notes, bought) = refunded(&shop, "old@notes.example.com", "new@notes.example.com").await;
    let expected = format!("Order ord_notes was bought by old@notes.example.com, in {bought}.");
    assert!(notes.len() == 1 && notes[0].starts_with(&expected), "{notes:?}");
}

#[tokio::test]
async fn a_refund_of_one_of_two_lines_of_a_product_says_what_it_ends() {
    let shop = Shop::open("events-lines").await;
    let (notes, _) = refunded(&shop, "one@notes.example.com", "One@notes.example.com").await;
    let expected = "Line l2 is refunded, and line l1 of the same order and product course is still paid for.";
    assert!(notes.len() == 1 && notes[0].starts_with(expected), "{notes:?}");
}

#[tokio::test]
async fn a_status_that_did_not_change_fires_nothing_and_its_event_says_so() {
    let shop = Shop::open("events-status").await;
    let action = json!({ "action": "send_notify_url_post" });
    shop.rule("canceled", Trigger::SubscriptionCanceled, App::WEBHOOK, action).await;
    let change = Sample::read("subscription-status-changed.canceled-already").email("same@example.com").now();
    let id = shop.publish([change]).await[0];
    let event = until("the event", async || shop.event(id).await.0).await;
    assert!(event.verdicts.is_empty());
    let notes = notes(&shop, id).await;
    assert_eq!(notes, ["`from` and `to` are both canceled: the status did not change, so no trigger fires."]);
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "read").await;
    let why: Value = portal.get(&format!("/v1/events/{id}/explanation")).await.expect(200);
    assert_eq!(why["silent"][0]["why"], "The event does not fire Subscription Canceled.", "{why}");
}
