//! Waiting items in the table, and the sweeper that returns them to their queues: every item is released, regardless of
//! other items.

use std::pin::pin;

use aws::store::{Store, SweepRequest, Waiting};
use aws_sdk_dynamodb::types::AttributeValue::S;
use connector::testing::conformance::Due;
use domain::app::App;
use domain::id::{EventId, FactKey, IntegrationId, JobId, JobPart, time_key};
use domain::job::Job;
use domain::log::{JobRecord, Status};
use domain::outcome::Reason;
use domain::trigger::Trigger;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::stack::{Engine, Opens, Sample, Shop, now, until};

/// A job of a rule that does not exist, and its record.
fn job(shop: &Shop, number: usize) -> (Job, JobRecord) {
    let event = EventId::new(now(), shop.buyer("ada@sweeps.example.com"), FactKey::of(&["sweeps"]));
    let id = JobId { event, part: JobPart::of(&[&number.to_string()]) };
    let job = json!({
        "v": "1", "id": id, "marketplace": shop.id, "integration": "int_webhook", "app": "webhook",
        "rule": "rul_tell", "trigger": "order_completed", "action": "send_notify_url_post", "settings": {},
        "contact": { "email": "ada@sweeps.example.com" },
        "effect": { "key": domain::id::EffectKey::of(&["sweeps"]), "intent": "send" }, "occurred_at": event.at,
        "ordered_at": event.at,
    });
    let record = json!({
        "id": id, "marketplace": shop.id, "rule": "rul_tell", "trigger": "order_completed",
        "integration": "int_webhook", "app": "webhook", "action": "send_notify_url_post", "intent": "send",
        "email": "ada@sweeps.example.com", "occurred_at": event.at, "updated_at": event.at, "status": "held",
        "attempts": 0, "token": "first",
    });
    (serde_json::from_value(job).expect("a job"), serde_json::from_value(record).expect("a record"))
}

/// The sweeper's requests for this shop that are due at that time.
async fn requests(shop: &Shop, at: Timestamp) -> Vec<SweepRequest> {
    let due = shop.engine.store.requests(100, at).try_concat().await.expect("the table");
    let asked = due.into_iter().filter_map(Result::ok);
    asked
        .filter(|one| matches!(one, SweepRequest::Release(release) if release.marketplace == shop.id))
        .collect()
}

/// Runs the sweeper and returns its error, if any.
async fn sweep(engine: &Engine) -> Option<String> {
    let function = &engine.outputs.functions["sweeper"];
    let ran = engine.lambda.invoke().function_name(function).send().await.expect("the sweeper");
    let said = ran.payload.map(|payload| String::from_utf8_lossy(payload.as_ref()).into_owned());
    ran.function_error.and(said)
}

async fn put(engine: &Engine, item: &[(&str, String)]) {
    let request = engine.table.put_item().table_name(&engine.outputs.table);
    let request = item.iter().fold(request, |request, (name, value)| request.item(*name, S(value.clone())));
    request.send().await.expect("the table");
}

async fn delete(engine: &Engine, pk: &str, sk: &str) {
    let request = engine.table.delete_item().table_name(&engine.outputs.table);
    request.key("pk", S(pk.to_owned())).key("sk", S(sk.to_owned())).send().await.expect("the table");
}

#[tokio::test]
async fn what_is_done_about_an_older_request_leaves_a_newer_one_alone() {
    let shop = Shop::bare("sweeps-newer").await;
    let (store, account) = (&shop.engine.store, Shop::account(App::WEBHOOK));
    // The requests are due in the future, so that no sweep handles them.
    let (first, second) = (now() + SignedDuration::from_hours(1), now() + SignedDuration::from_hours(2));
    let far = now() + SignedDuration::from_hours(24);
    store.request_release(&shop.id, &account, first).await.expect("the table");
    let older = requests(&shop, far).await.remove(0);
    store.request_release(&shop.id, &account, second).await.expect("the table");
    let newer = requests(&shop, far).await;

    store.reschedule(&older, far + SignedDuration::from_hours(1)).await.expect("the table");
    assert_eq!(requests(&shop, far).await, newer);
    store.forget(&older).await.expect("the table");
    assert_eq!(requests(&shop, far).await, newer);

    store.reschedule(&newer[0], far + SignedDuration::from_hours(1)).await.expect("the table");
    assert_eq!(requests(&shop, far).await, []);
    store.forget(&newer[0]).await.expect("the table");
    assert_eq!(requests(&shop, far + SignedDuration::from_hours(2)).await, []);
}

/// A sweep may read an account's state from before the reconnect that requested the release.
#[tokio::test]
async fn a_release_is_not_forgotten_because_its_account_looks_refused() {
    let shop = Shop::open("sweeps-refused").await;
    let (store, id) = (&shop.engine.store, Shop::account(App::WEBHOOK));
    let account = store.integration(&shop.id, &id, now()).await.expect("the table").expect("an account");
    store.mark_needs_reconnect(&account, &Reason::new("No."), now()).await.expect("the table");
    store.request_release(&shop.id, &id, now()).await.expect("the table");
    let far = now() + SignedDuration::from_hours(24);
    shop.swept("the sweep that looks at it", async || {
        let asked = requests(&shop, far).await;
        assert_eq!(asked.len(), 1, "it was forgotten");
        requests(&shop, now()).await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_record_that_has_expired_and_is_still_there_is_written_over() {
    let shop = Shop::bare("sweeps-expired").await;
    let store = &shop.engine.store;
    let outlived = Store::new(&shop.engine.sdk, &shop.engine.outputs.table, SignedDuration::from_secs(-60));
    let (job, first) = job(&shop, 1);
    // Due after it has expired, but before a sweep would take it.
    let due = now() + SignedDuration::from_secs(50);
    assert!(outlived.record_job(&first, "", Waiting::Until(due, &job), now()).await.expect("the table"));
    assert_eq!(store.job(&shop.id, &job.id, now()).await.expect("the table"), None);
    // The job can still be released, and the function that performs it finds no record.
    let taken = store.take_due(&job, due + SignedDuration::from_secs(1), due).await.expect("the table");
    assert_eq!(taken.as_ref(), Some(&job));
    let second = JobRecord { token: "second".to_owned(), status: Status::Performed, ..first };
    assert!(store.record_job(&second, "", Waiting::No, now()).await.expect("the table"));
    assert_eq!(store.job(&shop.id, &job.id, now()).await.expect("the table").as_ref(), Some(&second));
    // If the record has not expired, another attempt's mark applies.
    assert!(!store.record_job(&second, "", Waiting::No, now()).await.expect("the table"));
}

#[tokio::test]
async fn the_table_does_what_its_twin_in_memory_does() {
    let shop = Shop::bare("sweeps-conformance").await;
    let (job, _) = job(&shop, 1);
    connector::testing::conformance::holds(&shop.engine.store, &job, now()).await.expect("the table");
}

#[tokio::test]
async fn a_job_that_waits_does_not_expire_before_it_is_due() {
    let shop = Shop::bare("sweeps-ttl").await;
    let short = Store::new(&shop.engine.sdk, &shop.engine.outputs.table, SignedDuration::from_hours(1));
    let (job, record) = job(&shop, 1);
    let due = now() + SignedDuration::from_hours(100);
    assert!(short.record_job(&record, "", Waiting::Until(due, &job), now()).await.expect("the table"));
    assert!(short.job(&shop.id, &job.id, due).await.expect("the table").is_some());
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended_and_past_what_does_not_read() {
    let shop = Shop::bare("sweeps-pages").await;
    let (store, account) = (&shop.engine.store, Shop::account(App::WEBHOOK));
    let far = now() + SignedDuration::from_hours(24);
    let mut waiting = Vec::new();
    for number in 0..25 {
        let (job, record) = job(&shop, number);
        assert!(store.record_job(&record, "", Waiting::ForReconnect(&job), now()).await.expect("the table"));
        waiting.push(job.id);
    }
    // Jobs of one millisecond are listed by their ids.
    waiting.sort_by_key(JobId::to_string);
    let (pk, sk) = (shop.id.to_string(), "BROKEN");
    let held = format!("{pk}#HELD#{account}");
    let item = [("due_pk", held), ("due_sk", "0".to_owned()), ("body", "{".to_owned())];
    put(&shop.engine, &[&item[..], &[("pk", pk), ("sk", sk.to_owned())]].concat()).await;

    let (mut seen, mut unreadable) = (Vec::new(), Vec::new());
    let mut pages = pin!(store.held(&shop.id, &account, 10));
    while let Some(page) = pages.try_next().await.expect("the table") {
        assert!(page.len() <= 10);
        for found in page {
            match found {
                Ok(parked) => {
                    assert!(store.take_parked(&parked, far).await.expect("the table").is_some());
                    seen.push(parked.id);
                }
                Err(error) => unreadable.push(error.to_string()),
            }
        }
    }
    assert_eq!(seen, waiting);
    assert_eq!(unreadable, [format!("the item {} / BROKEN cannot be read as a parked job", shop.id)]);
}

#[tokio::test]
async fn what_cannot_be_read_or_released_keeps_nothing_else_from_going_and_the_operator_hears_of_it() {
    let shop = Shop::open("sweeps-broken").await;
    let engine = &shop.engine;
    let broken = IntegrationId::new("int_broken").expect("an id");
    let m = shop.id.to_string();
    put(engine, &[("pk", m.clone()), ("sk", format!("INTEGRATION#{broken}"))]).await;
    let mut broken_at = vec![format!("INTEGRATION#{broken}"), format!("RELEASE#{broken}")];
    // Overdue for longer than any other item, in every shard.
    for shard in Store::due_shards() {
        let place = format!("{}#{shard}", time_key(Timestamp::UNIX_EPOCH));
        let sk = format!("BROKEN#{shard}");
        let keys = [("pk", m.clone()), ("sk", sk.clone()), ("due_pk", format!("DUE#{shard}"))];
        put(engine, &[&keys[..], &[("due_sk", place), ("body", "{".to_owned())]].concat()).await;
        broken_at.push(sk);
    }
    engine.store.request_release(&shop.id, &broken, now()).await.expect("the table");

    shop.rule(
        "tell",
        Trigger::OrderCompleted,
        App::WEBHOOK,
        json!({ "action": "send_notify_url_post_for_orders" }),
    )
    .await;
    // After this number of receives, the job is parked in the table.
    let fault = json!({ "app": "webhook", "path": format!("^/{}$", shop.id), "status": 500, "count": 3 });
    engine.sandbox_post("/_faults", &fault).await;
    let sample = Sample::read("order-completed.one-item").id("broken").email("ada@sweeps.example.com").now();
    let id = shop.publish([sample]).await[0];
    let ended = async || shop.event(id).await.1.pop().filter(|job| job.status.is_final());
    let job = shop.swept("the job beside what is broken", ended).await;
    assert_eq!((job.status, job.attempts), (Status::Performed, 4));
    let failed = sweep(engine).await.expect("the sweep says so");
    assert!(failed.contains("due jobs or requests could not be read"), "{failed}");
    for sk in &broken_at {
        delete(engine, &m, sk).await;
    }
    until("a sweep that fails for nothing of this shop", async || {
        sweep(engine).await.is_none().then_some(())
    })
    .await;
}
