//! The summary, and what waits for an account.

use aws::store::{EventWrite, FactReceived, Waiting};
use domain::app::App;
use domain::id::{EventId, FactKey, JobId, JobPart};
use domain::log::{JobRecord, Status};
use domain::outcome::Reason;
use domain::pause::Note;
use domain::trigger::Trigger;
use domain::verdict::RuleVerdict;
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::{Engine, Opens, Portal, Sample, Shop, Stacks, now, until};

const TELL: &str = "send_notify_url_post_for_orders";

fn order(id: &str, email: &str) -> Sample {
    Sample::read("order-completed.one-item").id(id).email(email).with("/order/id", id).now()
}

#[tokio::test]
async fn a_summary_counts_what_happened_and_names_what_needs_the_merchant() {
    let shop = Shop::open("console-summary").await;
    let portal = Portal::open(&shop.engine, "console-summary", "read").await;
    let empty = portal.get("/v1/summary").await.expect(200);
    assert_eq!((&empty["actions"], &empty["exact"]), (&json!(0), &json!(true)));
    assert_eq!(
        (empty["buckets"].as_array().map(Vec::len), &empty["bucket_seconds"]),
        (Some(7), &json!(86_400))
    );

    let add = json!({ "name": "Welcome", "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("summary_add", Trigger::OrderCompleted, App::MAILCHIMP, add).await;
    let wrong = json!({ "name": "Into a list that is gone", "action": "add_to_list", "settings": { "list_id": "gone" } });
    let failing = shop.rule("summary_gone", Trigger::OrderCompleted, App::MAILCHIMP, wrong).await;
    let event = shop.publish([order("summary-1", "ada@summary.example.com")]).await[0];
    shop.ended(event, 2).await;
    let summary = portal.get("/v1/summary").await.expect(200);
    assert_eq!(summary["statuses"], json!({ "performed": 1, "rejected": 1 }), "{summary}");
    let last = summary["buckets"].as_array().and_then(|all| all.last()).expect("a bucket");
    assert_eq!(last["statuses"], summary["statuses"]);
    let rule = &summary["failing_rules"][0];
    assert_eq!((&rule["rule"], &rule["count"], &rule["exists"]), (&json!(failing), &json!(1), &json!(true)));
    assert_eq!(
        (&rule["name"], &rule["last"]["status"]),
        (&json!("Into a list that is gone"), &json!("rejected"))
    );
    assert!(rule["last"]["message"].is_string(), "{rule}");
    assert_eq!(summary["failed_today"]["count"], 1);
    assert_eq!(summary["failed_today"]["actions"][0]["rule_name"], "Into a list that is gone");
    let before = portal.get("/v1/summary?until=2026-01-08T00:00:00Z").await.expect(200);
    assert_eq!((&before["actions"], &before["since"]), (&json!(0), &json!("2026-01-01T00:00:00Z")));
    for wrong in [
        "since=2026-01-01T00:00:00Z&until=2026-03-01T00:00:00Z",
        "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
    ] {
        let refused = portal.get(&format!("/v1/summary?{wrong}")).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "since");
    }
}

#[tokio::test]
async fn actions_of_a_deleted_account_are_counted_and_keep_its_label() {
    let shop = Shop::open("console-deleted").await;
    let portal = Portal::open(&shop.engine, "console-deleted", "write").await;
    let wrong = json!({ "name": "Into a list that is gone", "action": "add_to_list", "settings": { "list_id": "gone" } });
    let rule = shop.rule("deleted_gone", Trigger::OrderCompleted, App::MAILCHIMP, wrong).await;
    let event = shop.publish([order("deleted-1", "ada@deleted.example.com")]).await[0];
    shop.ended(event, 1).await;
    let before = portal.get("/v1/summary").await.expect(200);
    assert_eq!(before["failed_today"]["actions"][0]["integration_label"], "Mailchimp");

    let path = "/v1/integrations/int_mailchimp";
    let etag = portal.get(path).await.etag;
    portal.change(Method::DELETE, path, &etag, &Value::Null).await.expect(200);
    let after = portal.get("/v1/summary").await.expect(200);
    for part in ["actions", "statuses", "failing_rules"] {
        assert_eq!(after[part], before[part], "{part}");
    }
    assert_eq!(after["actions"], 1);
    let action = &after["failed_today"]["actions"][0];
    assert_eq!(action["integration_label"], "Mailchimp (disconnected)", "{action}");
    let shown = portal.get(&format!("/v1/rules/{rule}")).await.expect(200);
    assert_eq!(shown["names"]["integration"], "Mailchimp (disconnected)");
    // The rule gets another account; the response warns that it is still off.
    let hook = json!({
        "scope": { "kind": "global" }, "trigger": "order_completed", "integration": "int_webhook", "action": TELL,
        "enabled": false,
    });
    let etag = format!("\"{}\"", shown["etag"].as_str().expect("a version"));
    let path = format!("/v1/rules/{rule}");
    let considered = portal.post("/v1/rules/lint", &json!({ "id": rule, "rule": hook })).await.expect(200);
    assert_eq!(considered["findings"][0]["code"], "rule_is_off", "{considered}");
    let repaired = portal.change(Method::PUT, &path, &etag, &hook).await.expect(200);
    assert_eq!(repaired["warnings"][0]["code"], "rule_is_off", "{repaired}");
    assert_eq!(repaired["warnings"][0]["field"], "/enabled");
    // Nothing is kept of an account that was deleted before accounts were kept, or that never existed.
    let unknown = json!({ "action": TELL, "integration": "int_unknown" });
    let unknown = shop.rule("deleted_unknown", Trigger::OrderCompleted, App::WEBHOOK, unknown).await;
    let shown = portal.get(&format!("/v1/rules/{unknown}")).await.expect(200);
    assert_eq!(shown["names"]["integration"], "Disconnected account");
}

#[tokio::test]
async fn an_action_of_a_replay_is_counted_and_its_rule_has_fired() {
    let shop = Shop::open("console-replayed").await;
    let portal = Portal::open(&shop.engine, "console-replayed", "write").await;
    let event = shop.publish_in_turn([order("replayed-1", "ada@replayed.example.com")]).await[0];
    // The event's verdicts do not name the action of a rule that is newer.
    let rule =
        shop.rule("replayed_tell", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    portal.post(&format!("/v1/events/{event}/replay"), &json!({})).await.expect(200);
    let job = shop.ended(event, 1).await.remove(0);
    assert_eq!(job.status, Status::Performed);
    let summary = portal.get("/v1/summary").await.expect(200);
    assert_eq!(summary["statuses"], json!({ "performed": 1 }), "{summary}");
    let last = portal.get(&format!("/v1/rules/{rule}/last-fired")).await.expect(200);
    assert_eq!(last["action"], job.id.to_string(), "{last}");
}

#[tokio::test]
async fn what_waits_for_an_account_has_its_buyers_and_what_they_paid() {
    let shop = Shop::open("console-waits").await;
    let portal = Portal::open(&shop.engine, "console-waits", "read").await;
    let tell = json!({ "name": "Tell", "action": TELL });
    shop.rule("waits_tell", Trigger::OrderCompleted, App::WEBHOOK, tell.clone()).await;
    shop.rule("waits_charged", Trigger::CheckoutCharged, App::WEBHOOK, tell).await;
    let (store, id) = (&shop.engine.store, Shop::account(App::WEBHOOK));
    let account = store.integration(&shop.id, &id, now()).await.expect("the table").expect("an account");
    let reason = Reason::new("The receiver refuses the signature.").hint("Enter the secret again.");
    store.mark_needs_reconnect(&account, &reason, now()).await.expect("the table");

    // One buyer's order is in two facts, and another buyer pays in another currency.
    let charged =
        Sample::read("checkout-charged.one-item").id("waits-charged").email("ada@waits.example.com");
    let charged = charged.with("/order/id", "waits-1").now();
    let euros = json!({ "amount": 700, "currency": "EUR" });
    let euros = order("waits-2", "grace@waits.example.com").with("/order/total", euros);
    let total = json!({ "amount": 4900, "currency": "USD" });
    let charged = charged.with("/order/total", total);
    shop.publish([order("waits-1", "ada@waits.example.com"), charged, euros]).await;
    let waits = until("three held actions", async || {
        let shown = portal.get("/v1/integrations/int_webhook").await.expect(200);
        (shown["waits"]["actions"] == 3).then_some(shown)
    })
    .await;
    let expected = json!({
        "actions": 3, "buyers": 2, "exact": true,
        "amounts": [{ "amount": 700, "currency": "EUR" }, { "amount": 4900, "currency": "USD" }],
    });
    assert_eq!(waits["waits"], expected);
    assert_eq!(
        (&waits["reason"], &waits["hint"]),
        (&json!(reason.message), &json!("Enter the secret again."))
    );
    let listed = portal.get("/v1/integrations").await.expect(200);
    let of = |id: &str| listed["items"].as_array()?.iter().find(|item| item["id"] == id).cloned();
    // The list, which the console polls, has the state without what waits.
    let hook = of("int_webhook").expect("an account");
    for field in ["state", "since", "reason", "hint"] {
        assert_eq!(hook[field], waits[field], "{field}");
    }
    assert_eq!((&hook["state"], &hook["waits"]), (&json!("needs_reconnect"), &Value::Null));
    assert_eq!(portal.get("/v1/integrations/int_mailchimp").await.expect(200)["waits"], Value::Null);
    let summary = portal.get("/v1/summary").await.expect(200);
    let [reconnect] = &summary["reconnect"].as_array().expect("a list")[..] else { panic!("{summary}") };
    assert_eq!((&reconnect["waits"], &reconnect["integration"]), (&expected, &json!("int_webhook")));
    assert_eq!(reconnect["since"], waits["since"]);
    assert_eq!(summary["statuses"], json!({ "held": 3 }));
}

#[tokio::test]
async fn paused_calls_are_named_with_the_reason_and_the_next_attempt() {
    // No other test of this stack uses Circle.
    let shop = Shop::open_on(Engine::operated().await, "console-paused").await;
    let community = json!({ "api_token": "t0ken", "community_url": "https://sandbox.circle.so" });
    shop.connect(App::CIRCLE, &community).await;
    let portal = Portal::open(&shop.engine, "console-paused", "read").await;
    let (store, id) = (&shop.engine.store, Shop::account(App::WEBHOOK));
    let mut account = store.integration(&shop.id, &id, now()).await.expect("the table").expect("an account");
    account.health.open_until = Some("2030-01-01T00:00:00Z".parse().expect("a time"));
    store.save_integration(&account, now()).await.expect("saved");
    store.pause_app(App::CIRCLE, &Note::new("Circle is down").expect("a note"), now()).await.expect("paused");
    let summary = portal.get("/v1/summary").await.expect(200);
    store.resume_app(App::CIRCLE, now()).await.expect("resumed");
    let of =
        |cause: &str| summary["paused"].as_array()?.iter().find(|paused| paused["cause"] == cause).cloned();
    let by_operator = of("operator").expect("a pause");
    assert_eq!((&by_operator["app"], &by_operator["note"]), (&json!("circle"), &json!("Circle is down")));
    assert_eq!(by_operator["integration"], Value::Null);
    let by_failures = of("failures").expect("a pause");
    assert_eq!(
        (&by_failures["integration"], &by_failures["label"]),
        (&json!("int_webhook"), &json!("Webhook"))
    );
    assert_eq!(by_failures["until"], "2030-01-01T00:00:00Z");
}

/// Writes an event that names an action, and the action.
async fn write(shop: &Shop, record: &JobRecord, number: usize) {
    let (store, id) = (&shop.engine.store, record.id.event);
    let fact_id = number.to_string();
    let seen = FactReceived {
        id,
        marketplace: &shop.id,
        fact_id: &fact_id,
        detail_type: "Order Completed",
        email: &record.email,
        detail: "{}",
        now: record.updated_at,
    };
    let fired = json!({ "rule": record.rule, "verdict": { "is": "fired", "jobs": [record.id] } });
    let fired: RuleVerdict = serde_json::from_value(fired).expect("a verdict");
    let verdicts = EventWrite::Verdicts(record.trigger, std::slice::from_ref(&fired));
    store.record_event(&seen, verdicts).await.expect("the table");
    store.record_job(record, "", Waiting::No, now()).await.expect("the table");
}

/// A record in the Action Log of an action whose fact occurred at this time.
fn record(shop: &Shop, at: Timestamp, number: usize) -> JobRecord {
    let event = EventId::new(at, shop.buyer("ada@many.example.com"), FactKey::of(&[&number.to_string()]));
    let record = json!({
        "id": JobId { event, part: JobPart::of(&["many"]) }, "marketplace": shop.id, "rule": "rul_many",
        "trigger": "order_completed", "integration": "int_webhook", "app": "webhook", "action": TELL,
        "intent": "send", "email": "ada@many.example.com", "occurred_at": at, "updated_at": at,
        "status": "performed", "attempts": 1, "token": "first",
    });
    serde_json::from_value(record).expect("a record")
}

#[tokio::test]
async fn a_summary_is_exact_up_to_2000_actions_and_says_at_least_beyond() {
    let shop = Shop::open("console-many").await;
    let portal = Portal::open(&shop.engine, "console-many", "read").await;
    let end = now();
    let at = |number: usize| end - SignedDuration::from_secs(i64::try_from(number).expect("a number"));
    let performed = async |number: usize| write(&shop, &record(&shop, at(number), number), number).await;
    stream::iter(1..=2_000).map(performed).buffer_unordered(32).collect::<Vec<_>>().await;
    let exact = portal.get("/v1/summary").await.expect(200);
    assert_eq!(
        (&exact["actions"], &exact["exact"], &exact["read_since"]),
        (&json!(2000), &json!(true), &Value::Null)
    );
    let failed = JobRecord { status: Status::Rejected, ..record(&shop, at(2_001), 2_001) };
    write(&shop, &failed, 2_001).await;
    let more = portal.get("/v1/summary").await.expect(200);
    assert_eq!((&more["actions"], &more["exact"]), (&json!(2000), &json!(false)));
    // The times of facts are stored with milliseconds.
    let oldest = more["read_since"].as_str().expect("a time").parse::<Timestamp>().expect("a time");
    assert!(oldest.duration_since(at(2_000)).abs() < SignedDuration::from_millis(2), "{oldest}");
    let counted: u64 = more["buckets"]
        .as_array()
        .expect("buckets")
        .iter()
        .filter_map(|bucket| bucket["statuses"]["performed"].as_u64())
        .sum();
    assert_eq!(counted, 2000);
    assert_eq!(more["statuses"], json!({ "performed": 2000 }));
    // A failure needs the merchant, whenever it was.
    assert_eq!((&more["failing_rules"][0]["count"], &more["failed_today"]["count"]), (&json!(1), &json!(1)));
}
