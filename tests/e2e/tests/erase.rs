//! A buyer is erased, and no work in progress stores the buyer again.

use aws::store::Waiting;
use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::{BASE32HEX_NOPAD, BASE64, BASE64URL_NOPAD, HEXLOWER};
use domain::app::App;
use domain::erasure::{Erased, Erasure};
use domain::id::EventId;
use domain::log::Timer;
use domain::trigger::Trigger;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::deployment;
use crate::stack::{Opens, Sample, Shop, now, until};

const TELL: &str = "send_notify_url_post_for_orders";
const ADA: &str = "Ada@erase.example.com";
const OTHER: &str = "other@erase.example.com";

async fn shop(name: &str) -> Shop {
    let shop = Shop::open(name).await;
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    let list = json!({ "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("add", Trigger::OrderCompleted, App::MAILCHIMP, list).await;
    shop
}

/// An order of ten minutes ago, so that it does not count as just received.
fn order(id: &str, email: &str) -> Sample {
    let at = now() - SignedDuration::from_mins(10);
    Sample::read("order-completed.one-item").id(id).email(email).with("/occurred_at", at.to_string())
}

async fn erase(shop: &Shop, email: &str, at: Timestamp) -> Erasure {
    deployment::of(&shop.engine).buyers().erase(&shop.id, shop.buyer(email), at).await.expect("erased")
}

/// Repeats the request once no process that was running can store data.
async fn erase_whole(shop: &Shop, email: &str, at: Timestamp) -> Erasure {
    let first = erase(shop, email, at).await;
    assert!(!first.complete, "a fact that was just published may not be stored yet: {first:?}");
    erase(shop, email, first.settles_at).await
}

/// The items of the marketplace whose key or text contains that text.
async fn items_with(shop: &Shop, text: &str) -> Vec<String> {
    let mut pages = shop
        .engine
        .table
        .scan()
        .table_name(&shop.engine.outputs.table)
        .filter_expression("begins_with(pk, :m)")
        .expression_attribute_values(":m", AttributeValue::S(shop.id.to_string()))
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(item) = pages.next().await {
        let item = format!("{:?}", item.expect("the table"));
        if item.to_lowercase().contains(&text.to_lowercase()) {
            found.push(item);
        }
    }
    found
}

/// The texts that a program could find a buyer by without the stack's secret: plain digests of the address.
fn plain_digests(email: &str) -> Vec<String> {
    let email = email.to_lowercase();
    let prefixed = [(email.len() as u64).to_be_bytes().as_slice(), email.as_bytes()].concat();
    let digests = [Sha256::digest(email.as_bytes()), Sha256::digest(prefixed)];
    let texts = digests.iter().flat_map(|digest| {
        let (hex, base32) = (HEXLOWER.encode(&digest[..10]), BASE32HEX_NOPAD.encode(&digest[..10]));
        [hex, base32.to_lowercase(), BASE64URL_NOPAD.encode(&digest[..9]), BASE64.encode(&digest[..9])]
    });
    texts.collect()
}

async fn gone(shop: &Shop, id: EventId) -> bool {
    let (event, jobs) = shop.event(id).await;
    event.is_none() && jobs.is_empty()
}

#[tokio::test]
async fn an_erased_buyer_is_gone_and_comes_back_by_nothing_that_was_under_way() {
    let shop = shop("erase-buyer").await;
    let store = &shop.engine.store;
    let neighbour = self::shop("erase-neighbour").await;
    let kept = neighbour.publish([order("erase-1", ADA)]).await[0];
    let samples = [order("erase-1", ADA), order("erase-2", ADA), order("erase-3", OTHER)];
    let ids = shop.publish(samples.clone()).await;
    for id in &ids {
        shop.ended(*id, 2).await;
    }
    neighbour.ended(kept, 2).await;
    let before = shop.event(ids[0]).await;
    // One buyer of one order, in two marketplaces: no id and no key is the same.
    assert_ne!(ids[0].buyer, kept.buyer);
    let effects = async |shop: &Shop, id| {
        let jobs = shop.event(id).await.1.into_iter().filter(|job| job.app == App::MAILCHIMP);
        jobs.map(|job| (job.effect, job.id.part)).collect::<Vec<_>>()
    };
    let (here, there) = (effects(&shop, ids[0]).await, effects(&neighbour, kept).await);
    assert_eq!((here.len(), there.len()), (1, 1));
    assert!(here[0].0 != there[0].0 && here[0].1 != there[0].1, "{here:?} {there:?}");
    assert!(items_with(&shop, &shop.buyer(ADA).to_string()).await.len() > 2, "events, jobs and claims");
    let sent: Vec<Value> = before.1.iter().map(|job| json!(job)).collect();
    assert!(before.1.iter().all(|job| job.effect.is_some()), "{sent:?}");
    // One of the jobs waits for its account.
    let waits = before.1.iter().find(|job| job.app == App::WEBHOOK).expect("a webhook job").clone();
    let parked = json!({
        "v": "1", "id": waits.id, "marketplace": shop.id, "integration": waits.integration, "app": "webhook",
        "rule": "rul_tell", "trigger": "order_completed", "action": TELL, "settings": {},
        "contact": { "email": ADA }, "effect": { "key": waits.effect, "intent": "send" },
        "occurred_at": waits.occurred_at, "ordered_at": waits.occurred_at, "payload": { "customer": { "email": ADA } },
    });
    let job = serde_json::from_value(parked.clone()).expect("a job");
    let written = store.record_job(&waits, &waits.token, Waiting::ForReconnect(&job), now()).await;
    assert!(written.expect("written"));
    assert_eq!(store.held_count(&shop.id, &waits.integration).await.expect("the index"), 1);

    let later = now() + SignedDuration::from_mins(3);
    let done = erase_whole(&shop, &ADA.to_lowercase(), later).await;
    assert!(done.complete, "{done:?}");
    assert_eq!((done.erased.events, done.erased.actions, done.erased.timers), (2, 4, 0), "{done:?}");
    // Both orders add the same buyer to the same list, which is one claim.
    assert_eq!(done.erased.claims, 3, "{done:?}");
    assert!(gone(&shop, ids[0]).await && gone(&shop, ids[1]).await && !gone(&shop, ids[2]).await);
    assert!(!gone(&neighbour, kept).await);
    assert_eq!(store.held_count(&shop.id, &waits.integration).await.expect("the index"), 0);
    assert_eq!(items_with(&shop, ADA).await, Vec::<String>::new());
    let about = items_with(&shop, &shop.buyer(ADA).to_string()).await;
    assert!(about.len() == 1 && about[0].contains("ERASED#"), "{about:?}");
    for digest in plain_digests(ADA) {
        assert_eq!(items_with(&shop, &digest).await, Vec::<String>::new());
        assert_eq!(
            items_with(&neighbour, &digest).await,
            Vec::<String>::new(),
            "not before an erasure either"
        );
    }

    // The same facts once more, and a message that waited on its queue.
    let told = shop.deliveries().await.len();
    shop.publish(samples[..2].iter().cloned()).await;
    let queue = &shop.engine.outputs.queues["webhook"];
    let message = shop.engine.sqs.send_message().queue_url(queue).message_group_id(shop.id.as_str());
    message.message_body(parked.to_string()).send().await.expect("SQS");
    let last = shop.publish([order("erase-4", OTHER)]).await[0];
    shop.ended(last, 2).await;
    assert!(gone(&shop, ids[0]).await && gone(&shop, ids[1]).await);
    assert_eq!(items_with(&shop, ADA).await, Vec::<String>::new());
    assert_eq!(shop.deliveries().await.len(), told + 1);

    // A second request finds nothing to erase, and later facts are handled normally.
    let again = erase_whole(&shop, ADA, later).await;
    assert_eq!((again.complete, again.erased), (true, done.erased));
    let id = shop
        .publish([
            order("erase-5", ADA).with("/occurred_at", (later + SignedDuration::from_secs(1)).to_string())
        ])
        .await[0];
    shop.ended(id, 2).await;
}

#[tokio::test]
async fn what_has_just_come_in_takes_a_second_request() {
    let shop = shop("erase-fresh").await;
    let id = shop.publish([order("fresh", ADA).now()]).await[0];
    shop.ended(id, 2).await;
    let erase = async |at| erase(&shop, ADA, at).await;
    let first = erase(now()).await;
    assert!(!first.complete && gone(&shop, id).await, "{first:?}");
    assert_eq!(erase(now()).await, first);
    let second = erase(first.settles_at).await;
    assert_eq!((second.complete, second.erased), (true, first.erased));
}

#[tokio::test]
async fn a_prospects_timer_goes_with_the_prospect() {
    let shop = Shop::open("erase-prospect").await;
    let settings = json!({ "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("remind", Trigger::ProspectCreated, App::MAILCHIMP, settings).await;
    let prospect =
        |id: &str, email: &str| Sample::read("prospect-created.left-checkout").id(id).email(email).now();
    let email = "prospect@erase.example.com";
    let id = shop.publish([prospect("p-1", email)]).await[0];
    until("the timer", async || shop.event(id).await.0?.timer).await;
    let done = erase(&shop, email, now()).await;
    assert_eq!((done.erased.events, done.erased.timers), (1, 1), "{done:?}");
    // A later timer has fired; the erased timer would have fired before.
    let last = shop.publish([prospect("p-2", OTHER)]).await[0];
    until("a later timer's end", async || {
        shop.event(last).await.0?.timer.filter(|timer| matches!(timer, Timer::Fired { .. }))
    })
    .await;
    assert!(gone(&shop, id).await);
    assert_eq!(items_with(&shop, email).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_buyer_nobody_knows_is_erased_all_the_same() {
    let shop = Shop::open("erase-unknown").await;
    let done = erase_whole(&shop, "unknown@example.com", now()).await;
    assert!(done.complete && done.erased == Erased::default(), "{done:?}");
}
