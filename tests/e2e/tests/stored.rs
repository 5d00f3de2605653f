//! Items and messages of released versions: this version reads them, and finishes the jobs that wait.
//!
//! `stored/<version>.json` has them as that version wrote them, without the accounts, whose credentials only the key of
//! their stack decrypts. The file of a new version is written before its release, and none is changed afterwards.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::pin::pin;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue::{self, B, Bool, L, M, N, S};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::app::App;
use domain::id::{JobId, MarketplaceId};
use domain::log::{JobRecord, Status};
use domain::outcome::Reason;
use domain::trigger::Trigger;
use futures::TryStreamExt;
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use crate::stack::{Engine, Opens, Portal, Sample, Shop, now, until};

type Item = HashMap<String, AttributeValue>;

/// The versions with a file.
const VERSIONS: [&str; 1] = ["0.1.0"];
const TELL: &str = "send_notify_url_post_for_orders";

fn file(version: &str) -> PathBuf {
    stack::project().join(format!("tests/e2e/stored/{version}.json"))
}

/// The marketplace of a version's items.
fn name(version: &str) -> String {
    format!("stored-{}", version.replace('.', "-"))
}

fn order(id: &str) -> Sample {
    Sample::read("order-completed.one-item").id(id).email(&format!("{id}@stored.example.com")).now()
}

#[test]
fn this_version_has_a_file() {
    assert!(VERSIONS.contains(&env!("CARGO_PKG_VERSION")), "write the file of this version: see this module");
}

#[tokio::test]
async fn items_and_messages_of_earlier_versions_are_read_and_finished() {
    for version in VERSIONS {
        let shop = Shop::open(&name(version)).await;
        let stored: Value =
            serde_json::from_slice(&std::fs::read(file(version)).expect("a file")).expect("JSON");
        // A sweep takes the jobs that wait at once, because their account is connected.
        let items = stored["items"].as_array().expect("items").iter().map(item_of);
        let (waiting, items): (Vec<_>, Vec<_>) = items.partition(|item: &Item| item.contains_key("due_pk"));
        assert_eq!(waiting.len(), 2);
        for item in items {
            put(&shop, item).await;
        }
        read(&shop).await;
        for item in waiting {
            put(&shop, item).await;
        }
        finish(&shop, stored["messages"].as_array().expect("messages")).await;
    }
}

/// Everything that was stored is listed.
async fn read(shop: &Shop) {
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "read").await;
    let rules = portal.get("/v1/rules").await.expect(200);
    let names: BTreeSet<_> =
        rules["items"].as_array().expect("rules").iter().map(|rule| rule["name"].to_string()).collect();
    assert_eq!(names, ["\"Add\"", "\"Tell\""].map(str::to_owned).into());
    let log = portal.get("/v1/configuration").await.expect(200);
    assert!(!log["items"].as_array().expect("entries").is_empty());
    let events = portal.get("/v1/events").await.expect(200);
    let events = events["items"].as_array().expect("events");
    assert_eq!(events.len(), 4, "{events:?}");
    for event in events {
        let shown =
            portal.get(&format!("/v1/events/{}", event["id"].as_str().expect("an id"))).await.expect(200);
        assert_eq!(shown["detail"]["order"]["total"]["currency"], "USD", "{shown}");
        let verdicts = shown["verdicts"].to_string();
        assert!(verdicts.contains("fired"), "{verdicts}");
    }
    let statuses = statuses(&jobs(shop).await);
    assert_eq!(statuses, [(Status::Performed, 4)]);
}

/// The job that is due, the held one, and the one of the message are performed.
async fn finish(shop: &Shop, messages: &[Value]) {
    let queue = &shop.engine.outputs.queues["webhook"];
    for message in messages {
        let body = message.as_str().expect("a message");
        let sent = shop.engine.sqs.send_message().queue_url(queue).message_body(body);
        sent.message_group_id(shop.id.to_string()).send().await.expect("SQS");
    }
    shop.engine
        .store
        .request_release(&shop.id, &Shop::account(App::WEBHOOK), now())
        .await
        .expect("the table");
    shop.swept("the stored jobs to end", async || {
        let jobs = jobs(shop).await;
        (jobs.len() == 7 && jobs.iter().all(|job| job.status.is_final())).then_some(())
    })
    .await;
    assert_eq!(statuses(&jobs(shop).await), [(Status::Performed, 7)]);
    assert_eq!(shop.deliveries().await.len(), 3, "each waiting job is performed once");
}

async fn jobs(shop: &Shop) -> Vec<JobRecord> {
    shop.engine.store.recent_actions(&shop.id, None, None, 100, now()).await.expect("the log").actions
}

fn statuses(jobs: &[JobRecord]) -> Vec<(Status, usize)> {
    let count = |status: Status| jobs.iter().filter(|job| job.status == status).count();
    [Status::Performed, Status::Held]
        .into_iter()
        .map(|status| (status, count(status)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// Writes the file of this version: an order that is done, and three whose webhook waits: held, due, and as a message.
#[tokio::test]
#[ignore = "writes a file, once for each version"]
async fn write_the_file_of_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    let shop = Shop::open(&name(version)).await;
    let list = json!({ "name": "Add", "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("add", Trigger::ProductPurchased, App::MAILCHIMP, list).await;
    let done = shop.publish([order("done")]).await[0];
    shop.ended(done, 1).await;
    // The account is refused before any function knows it as connected.
    let (store, id) = (&shop.engine.store, Shop::account(App::WEBHOOK));
    let account = store.integration(&shop.id, &id, now()).await.expect("the table").expect("an account");
    store.mark_needs_reconnect(&account, &Reason::new("No."), now()).await.expect("the table");
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, json!({ "name": "Tell", "action": TELL })).await;
    let waiting = shop.publish(["held", "due", "message"].map(order)).await;
    for event in &waiting {
        let jobs = async || {
            let jobs = shop.event(*event).await.1;
            (jobs.len() == 2 && jobs.iter().all(|job| job.status != Status::Retrying)).then_some(())
        };
        until("an action that is done, and an action that waits", jobs).await;
    }
    // Later than the sweeps of the stack that writes the file, and past when the file is read.
    let due = now() + SignedDuration::from_mins(1);
    let mut held = pin!(store.held(&shop.id, &id, 100));
    let page = held.try_next().await.expect("the table").expect("a page");
    let page: Vec<_> = page.into_iter().map(|parked| parked.expect("a job")).collect();
    let take = async |event| {
        let parked = page.iter().find(|parked| parked.id.event == event).expect("the job");
        store.take_parked(parked, due).await.expect("the table").expect("taken")
    };
    take(waiting[1]).await;
    let message = serde_json::to_string(&take(waiting[2]).await).expect("JSON");

    let mut items = Vec::new();
    for item in scan(&shop.engine, &shop.id).await {
        let text =
            |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        let is_of_account = text("pk") == shop.id.as_str() && !text("sk").starts_with("RULE#");
        let event = text("id").parse::<JobId>().ok().map(|id| id.event);
        let is_message = item.contains_key("body") && event == Some(waiting[2]);
        if !is_message && !is_of_account {
            items.push(json_of(&M(item)));
        }
    }
    let stored = json!({ "items": items, "messages": [message] });
    std::fs::write(file(version), serde_json::to_string_pretty(&stored).expect("JSON") + "\n")
        .expect("written");
}

async fn put(shop: &Shop, mut item: Item) {
    // The file's items have expired at some time; the log's have not.
    if item.contains_key("ttl") {
        let later = now() + SignedDuration::from_hours(24);
        item.insert("ttl".to_owned(), N(later.as_second().to_string()));
    }
    let request = shop.engine.table.put_item().table_name(&shop.engine.outputs.table);
    request.set_item(Some(item)).send().await.expect("the table");
}

/// All items of a marketplace.
async fn scan(engine: &Engine, m: &MarketplaceId) -> Vec<Item> {
    let request = engine.table.scan().table_name(&engine.outputs.table);
    let request = request
        .filter_expression("pk = :m OR begins_with(pk, :of)")
        .expression_attribute_values(":m", S(m.to_string()))
        .expression_attribute_values(":of", S(format!("{m}#")));
    let found = request.into_paginator().items().send().try_collect().await;
    found.expect("the table")
}

/// A value as DynamoDB's JSON; an item without its own `M`.
fn json_of(value: &AttributeValue) -> Value {
    match value {
        S(text) => json!({ "S": text }),
        N(number) => json!({ "N": number }),
        B(bytes) => json!({ "B": BASE64_STANDARD.encode(bytes) }),
        Bool(flag) => json!({ "BOOL": flag }),
        L(values) => json!({ "L": values.iter().map(json_of).collect::<Vec<_>>() }),
        M(fields) => {
            let fields: Map<_, _> =
                fields.iter().map(|(name, value)| (name.clone(), json_of(value))).collect();
            json!({ "M": fields })
        }
        other => panic!("{other:?} is not stored by any version"),
    }
}

fn value_of(json: &Value) -> AttributeValue {
    let (kind, value) = json.as_object().and_then(|object| object.iter().next()).expect("a value");
    let text = || value.as_str().expect("text").to_owned();
    match kind.as_str() {
        "S" => S(text()),
        "N" => N(text()),
        "B" => B(Blob::new(BASE64_STANDARD.decode(text()).expect("base64"))),
        "BOOL" => Bool(value.as_bool().expect("a flag")),
        "L" => L(value.as_array().expect("a list").iter().map(value_of).collect()),
        "M" => M(item_of(json)),
        other => panic!("{other} is not stored by any version"),
    }
}

fn item_of(json: &Value) -> Item {
    let fields = json["M"].as_object().expect("an item").iter();
    fields.map(|(name, value)| (name.clone(), value_of(value))).collect()
}
