//! Trying a rule for an address.

use aws::store::TrialBegun;
use domain::app::App;
use domain::id::{EventId, FactKey, JobId, JobPart};
use domain::trigger::Trigger;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::add_tag;
use crate::stack::{Caller, Opens, Portal, Sample, Shop, now, until};

const ADA: &str = "ada@trial.example.com";

fn contact(email: &str) -> Value {
    json!({ "email": email, "first_name": "Ada" })
}

/// The action, once it has ended.
async fn ended(portal: &Portal<'_>, job: &Value) -> Value {
    let path = format!("/v1/actions/{}", job.as_str().expect("an id"));
    until("the end of a test", async || {
        let answer = portal.get(&path).await;
        (answer.status.is_success() && answer.body["next_attempt"].is_null()).then_some(answer.body)
    })
    .await
}

#[tokio::test]
async fn a_rule_is_tried_once_for_an_address_through_the_real_path_and_marked_as_a_test() {
    let shop = Shop::open("console-trial").await;
    let portal = Portal::open(&shop.engine, "console-trial", "write").await;
    // A test ignores the rule's condition, and that the rule is disabled.
    let rule = json!({
        "name": "Rye buyers", "scope": { "kind": "products", "products": ["rye"] }, "trigger": "product_purchased",
        "integration": "int_mailchimp", "action": "add_to_list", "settings": { "list_id": "demo" }, "enabled": false,
        "conditions": [{ "field": "coupon_code", "operator": "equals", "value": "VIP" }],
    });
    let made = portal.post("/v1/rules", &rule).await.expect(201);
    let id = made["rule"]["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/rules/{id}/try");
    let with_key =
        || portal.request(Method::POST, &path).header("idempotency-key", "trial-1").json(&contact(ADA));
    let tried = portal.send(with_key()).await.expect(202);
    assert_eq!(portal.send(with_key()).await.expect(202), tried, "the same key is the same test");
    let [job] = &tried["actions"].as_array().expect("actions")[..] else { panic!("{tried}") };
    let action = ended(&portal, job).await;
    assert_eq!((&action["status"], &action["test"]), (&json!("performed"), &json!(true)), "{action}");
    assert_eq!((&action["rule"], &action["email"]), (&json!(id), &json!(ADA)));
    let member = shop.member(ADA).await.expect("the app was called");
    assert_eq!(member["merge_fields"]["FNAME"], "Ada");

    // The test is marked wherever it is shown, and can be filtered out.
    let event = tried["event"].as_str().expect("an id");
    let page = portal.get(&format!("/v1/events/{event}")).await.expect(200);
    assert_eq!((&page["event"]["test"], &page["event"]["detail_type"]), (&json!(true), &json!("Rule Test")));
    assert_eq!((&page["verdicts"][0]["is"], &page["actions"][0]["test"]), (&json!("fired"), &json!(true)));
    for (query, count) in [("test=true", 1), ("test=false", 0), ("", 1)] {
        let listed = portal.get(&format!("/v1/actions?{query}")).await.expect(200);
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(count), "{query}");
    }
    let csv = portal.get("/v1/actions/export").await.text;
    let rows: Vec<_> = csv.lines().collect();
    assert!(rows[0].ends_with(",\"test\"") && rows[1].ends_with(",\"true\""), "{csv}");
    let printed = shop.engine(&["log"]).await;
    assert!(printed.contains("performed (test)"), "{printed}");
    let entries = portal.get(&format!("/v1/configuration?kind=rule&id={id}")).await.expect(200);
    assert_eq!(entries["items"][0]["action"], "Try Rule");
    assert!(!entries.to_string().contains(ADA), "{entries}");

    // It counts nowhere as an event of a buyer, and nothing repeats it.
    assert_eq!(portal.get("/v1/summary").await.expect(200)["actions"], 0);
    let last = portal.get(&format!("/v1/rules/{id}/last-fired")).await.expect(200);
    assert_eq!(last["action"], Value::Null);
    let dry = portal.post("/v1/rules/dry_run", &json!({ "id": id })).await.expect(200);
    assert_eq!(dry["concerned"], 0);
    let retry = format!("/v1/actions/{}/retry?force=true", job.as_str().expect("an id"));
    portal.post(&retry, &Value::Null).await.expect(409);
    for rules in ["now", "then"] {
        let replay = json!({ "rules": rules, "force": true });
        let replayed = portal.post(&format!("/v1/events/{event}/replay"), &replay).await.expect(200);
        assert_eq!((&replayed["actions"], &replayed["gone"]), (&json!([]), &json!([])), "{rules}");
    }
}

#[tokio::test]
async fn a_test_supersedes_no_action_of_a_buyer() {
    let shop = Shop::open("console-trial-ledger").await;
    let portal = Portal::open(&shop.engine, "console-trial-ledger", "write").await;
    let add = json!({ "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("trial_add", Trigger::OrderCompleted, App::MAILCHIMP, add).await;
    let email = "grace@trial.example.com";
    // The purchase occurs before the test of a removal, and is published after it. A removal for a newer fact would
    // supersede the purchase.
    let order = Sample::read("order-completed.one-item").id("console-trial-ledger").email(email).now();
    let remove = json!({
        "scope": { "kind": "global" }, "trigger": "product_refunded", "integration": "int_mailchimp",
        "action": "remove_from_list", "settings": { "list_id": "demo", "mode": "archive" },
    });
    let body = json!({ "rule": remove, "contact": contact(email) });
    let tried = portal.post("/v1/rules/try", &body).await.expect(202);
    ended(&portal, &tried["actions"][0]).await;
    let event = shop.publish([order]).await[0];
    let action = shop.ended(event, 1).await.remove(0);
    assert_eq!((action.status.key(), action.test), ("performed", false), "{action:?}");
    let (_, jobs) = shop.event(tried["event"].as_str().expect("an id").parse().expect("an id")).await;
    let test = jobs.first().expect("a record");
    assert!(test.test && test.effect != action.effect, "{test:?}");
    let stored = shop.engine.store.rule(&shop.id, &test.rule, now()).await.expect("the table");
    assert!(stored.is_none(), "the rule is a draft");
}

#[tokio::test]
async fn what_cannot_be_tried_is_refused_with_the_reason() {
    let shop = Shop::open("console-trial-refused").await;
    let portal = Portal::open(&shop.engine, "console-trial-refused", "write").await;
    let draft = |rule: &Value, contact: &Value| json!({ "rule": rule, "contact": contact });
    let without = |integration: &str| {
        json!({
            "scope": { "kind": "global" }, "trigger": "order_completed", "integration": integration,
            "action": "add_tag", "settings": {},
        })
    };
    let ada = contact(ADA);
    for (body, field) in [
        (draft(&add_tag(&["VIP"]), &json!({ "email": "ada" })), "/contact/email"),
        (draft(&without("int_mailchimp"), &ada), "/rule/settings/list_id"),
        (draft(&without("int_none"), &ada), "/rule/integration"),
    ] {
        let refused = portal.post("/v1/rules/try", &body).await.expect(422);
        let errors = refused["errors"].as_array().expect("errors");
        assert!(errors.iter().any(|error| error["field"] == field), "{field}: {refused}");
    }
    portal.post("/v1/rules/rul_none/try", &ada).await.expect(404);

    let (store, id) = (&shop.engine.store, Shop::account(App::MAILCHIMP));
    let account = store.integration(&shop.id, &id, now()).await.expect("the table").expect("an account");
    let reason = domain::outcome::Reason::new("The key is revoked.");
    store.mark_needs_reconnect(&account, &reason, now()).await.expect("the table");
    let body = draft(&add_tag(&["VIP"]), &ada);
    let refused = portal.post("/v1/rules/try", &body).await.expect(409);
    assert!(refused["detail"].as_str().is_some_and(|said| said.contains("The key is revoked.")), "{refused}");
    let (_, reader) = shop.engine.session(shop.id.as_str(), "read", 600).await;
    shop.engine.call(Caller::Token(&reader), "POST", "/v1/rules/try", Some(&body)).await.expect(403);
}

#[tokio::test]
async fn a_marketplace_has_one_test_that_has_not_run_yet() {
    let shop = Shop::open("console-trial-busy").await;
    let store = &shop.engine.store;
    let job = |number: u8| {
        let event = EventId::new(now(), shop.buyer(ADA), FactKey::of(&["trial"]));
        JobId { event, part: JobPart::of(&[&number.to_string()]) }
    };
    let begin = async |number: u8, at| store.begin_trial(&shop.id, job(number), at).await.expect("the table");
    let at = now();
    assert_eq!(begin(1, at).await, TrialBegun::Yes);
    assert_eq!(begin(2, at).await, TrialBegun::Busy, "the first has not run");
    let portal = Portal::open(&shop.engine, "console-trial-busy", "write").await;
    let tell = json!({ "action": "send_notify_url_post_for_orders" });
    let rule = shop.rule("trial_busy", Trigger::OrderCompleted, App::WEBHOOK, tell).await;
    let path = format!("/v1/rules/{rule}/try");
    portal.post(&path, &contact(ADA)).await.expect(429);

    // A test whose message is lost blocks the next one for a minute.
    let over = at - SignedDuration::from_secs(61);
    let other = Shop::bare_on(shop.engine.clone(), "console-trial-lost");
    let lost = other.engine.store.begin_trial(&other.id, job(1), over).await.expect("the table");
    let next = other.engine.store.begin_trial(&other.id, job(2), at).await.expect("the table");
    assert_eq!((lost, next), (TrialBegun::Yes, TrialBegun::Yes));
}

#[tokio::test]
async fn the_next_test_is_accepted_when_the_previous_one_has_run() {
    let shop = Shop::open("console-trial-next").await;
    let portal = Portal::open(&shop.engine, "console-trial-next", "write").await;
    let tell = json!({ "action": "send_notify_url_post_for_orders" });
    let rule = shop.rule("trial_next", Trigger::OrderCompleted, App::WEBHOOK, tell).await;
    let path = format!("/v1/rules/{rule}/try");
    for round in 1..=2 {
        let tried = portal.post(&path, &contact(ADA)).await.expect(202);
        let action = ended(&portal, &tried["actions"][0]).await;
        assert_eq!(action["status"], "performed", "{round}: {action}");
    }
    let messages = shop.deliveries().await;
    assert_eq!(messages.len(), 2, "{messages:?}");
}
