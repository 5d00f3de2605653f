//! The engine's promises if an app is down, rejects calls, or is slow: nothing is lost, duplicated or stale.

use std::collections::BTreeSet;

use domain::app::App;
use domain::id::{EventId, JobId};
use domain::integration::{Connection, Health};
use domain::log::Status;
use domain::trigger::Trigger;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::stack::{Engine, Opens, Sample, Shop, Stacks, apart, now, project, until};

const TELL: &str = "send_notify_url_post_for_orders";

async fn shop(name: &str) -> Shop {
    let shop = Shop::open(name).await;
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    shop
}

fn order(id: &str) -> Sample {
    Sample::read("order-completed.one-item").id(id).email(&format!("{id}@promises.example.com")).now()
}

/// A fault for this shop's own webhook.
async fn fault(shop: &Shop, fault: Value) {
    let mut fault = fault;
    fault["app"] = json!("webhook");
    fault["path"] = json!(format!("^/{}$", shop.id));
    shop.engine.sandbox_post("/_faults", &fault).await;
}

async fn status(shop: &Shop, id: EventId) -> Option<Status> {
    shop.event(id).await.1.first().map(|job| job.status)
}

#[tokio::test]
async fn an_app_that_fails_in_passing_is_tried_again_until_it_succeeds() {
    let shop = shop("promise-retry").await;
    fault(&shop, json!({ "status": 500, "count": 2 })).await;
    let id = shop.publish([order("retry")]).await[0];
    let jobs = shop.swept("the third attempt", async || {
        Some(shop.event(id).await.1).filter(|jobs| jobs.iter().any(|job| job.status.is_final()))
    });
    let jobs = jobs.await;
    assert_eq!((jobs[0].status, jobs[0].attempts), (Status::Performed, 3));
    let told: Vec<_> = jobs[0].history.iter().map(|attempt| attempt.status).collect();
    assert_eq!(told, [Status::Retrying, Status::Retrying, Status::Performed]);
    assert_eq!(shop.deliveries().await.len(), 1);
}

#[tokio::test]
async fn a_delivery_whose_answer_is_lost_is_repeated_with_the_same_id() {
    let shop = shop("promise-answer").await;
    fault(&shop, json!({ "reset": "after", "count": 1 })).await;
    let id = shop.publish([order("answer")]).await[0];
    shop.swept("the repetition", async || status(&shop, id).await.filter(|status| status.is_final())).await;
    let deliveries = shop.deliveries().await;
    assert_eq!(deliveries.len(), 2);
    assert_eq!(deliveries[0]["id"], deliveries[1]["id"]);
}

#[tokio::test]
async fn a_named_wait_is_kept_in_full_and_costs_no_attempt() {
    let shop = shop("promise-429").await;
    fault(&shop, json!({ "status": 429, "headers": { "retry-after": "2" }, "count": 20 })).await;
    let ids = shop.publish((0..20).map(|n| order(&format!("limited-{n}")))).await;
    for id in &ids {
        shop.swept("the action", async || status(&shop, *id).await.filter(|status| status.is_final())).await;
        let job = shop.event(*id).await.1.remove(0);
        assert_eq!(job.status, Status::Performed);
        let limits = job.history.iter().filter(|attempt| attempt.status == Status::RateLimited).count();
        assert_eq!(job.attempts as usize, job.history.len() - limits);
        for (limited, next) in job.history.iter().zip(job.history.iter().skip(1)) {
            if limited.status == Status::RateLimited {
                assert!(next.at >= limited.at + SignedDuration::from_secs(2), "{job:?}");
            }
        }
    }
    assert_eq!(shop.deliveries().await.len(), 20);
}

#[tokio::test]
async fn refused_credentials_hold_every_job_until_the_account_is_connected_again() {
    let _apart = apart().await;
    let shop = shop("promise-hold").await;
    fault(&shop, json!({ "status": 401 })).await;
    let attention = shop.listen("Integration Needs Attention").await;
    let ids = shop.publish_in_turn((0..200).map(|n| order(&format!("held-{n}")))).await;
    for id in &ids {
        until("a held job", async || status(&shop, *id).await.filter(|status| *status == Status::Held)).await;
    }
    let account = Shop::account(App::WEBHOOK);
    let store = &shop.engine.store;
    let integration =
        store.integration(&shop.id, &account, now()).await.expect("the table").expect("an account");
    assert!(matches!(integration.connection, Connection::NeedsReconnect { .. }));
    let log = shop.account_log(&account).await;
    assert_eq!(log.iter().filter(|entry| !entry.ok).count(), 1, "{log:?}");
    assert_eq!(store.held_count(&shop.id, &account).await.expect("the table"), 200);
    assert_eq!(shop.deliveries().await.len(), 0);
    let told = until("the operator's notification", async || {
        Some(shop.heard(&attention).await).filter(|told| !told.is_empty())
    });
    let told = told.await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["detail"]["integration"], "int_webhook");

    // The merchant connects the account again, with an address that accepts the facts.
    let url = format!("{}/webhook/{}-again", shop.engine.outputs.sandbox_url, shop.id);
    let secret = crate::stack::SIGNING_SECRET;
    shop.connect(App::WEBHOOK, &json!({ "url": url, "signing_secret": secret })).await;
    store.request_release(&shop.id, &account, now()).await.expect("the table");
    for id in &ids {
        shop.swept("a released job", async || status(&shop, *id).await.filter(|status| status.is_final()))
            .await;
        assert_eq!(status(&shop, *id).await, Some(Status::Performed));
    }
    let state = shop.engine.sandbox_get(&format!("/_state/webhook?path=/{}-again", shop.id)).await;
    assert_eq!(state["deliveries"].as_array().map(Vec::len), Some(200));
    assert_eq!(store.held_count(&shop.id, &account).await.expect("the table"), 0);
}

#[tokio::test]
async fn rejected_actions_make_one_event_for_the_operator_without_an_address() {
    let shop = shop("promise-rejected").await;
    let why = json!({ "error": "customer@promises.example.com is not a customer" });
    fault(&shop, json!({ "status": 422, "body": why })).await;
    let failed = shop.listen("Actions Failed").await;
    // Another event for the first round would have been published before the second round ended.
    for round in 0..2 {
        let ids = shop.publish((0..10).map(|n| order(&format!("rejected-{round}-{n}")))).await;
        for id in ids {
            assert_eq!(shop.ended(id, 1).await[0].status, Status::Rejected);
        }
    }
    let told = until("the operator's notification", async || {
        Some(shop.heard(&failed).await).filter(|told| !told.is_empty())
    });
    let told = told.await;
    // If the hour ends during the test, there is an event for each hour.
    let hours: BTreeSet<_> = told.iter().map(|event| event["detail"]["until"].to_string()).collect();
    assert_eq!(told.len(), hours.len(), "{told:?}");
    let detail = &told[0]["detail"];
    let schema = std::fs::read_to_string(project().join("events/notifications/actions-failed.json"));
    let schema: Value = serde_json::from_str(&schema.expect("the schema")).expect("JSON");
    jsonschema::validate(&schema, detail).expect("an event as its schema describes it");
    assert_eq!(
        (&told[0]["source"], &detail["integration"]),
        (&json!("integration-engine"), &json!("int_webhook"))
    );
    assert_eq!((&detail["status"], &detail["rule"]), (&json!("rejected"), &json!("rul_tell")));
    let message = detail["reason"]["message"].as_str().expect("a reason");
    assert!(message.contains("[address]") && !detail.to_string().contains('@'), "{detail}");
    let first: JobId = serde_json::from_value(detail["first_action"].clone()).expect("an action's id");
    assert!(shop.event(first.event).await.1.iter().any(|job| job.id == first));
}

#[tokio::test]
async fn calls_that_local_aws_throttles_refuses_or_answers_into_the_void_lose_nothing() {
    let _apart = apart().await;
    let shop = Shop::open_on(Engine::faulty().await, "promise-throttled").await;
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    let throttled = "ProvisionedThroughputExceededException";
    for fault in [
        json!({ "service": "dynamodb", "operation": "PutItem", "error": throttled, "rate": 0.3 }),
        json!({ "service": "dynamodb", "operation": "PutItem", "rate": 0.1, "after": true }),
        json!({ "service": "dynamodb", "operation": "UpdateItem", "error": throttled, "rate": 0.3 }),
        json!({ "service": "dynamodb", "operation": "GetItem", "status": 500, "rate": 0.3 }),
        json!({ "service": "sqs", "operation": "SendMessageBatch", "status": 503, "rate": 0.3 }),
        json!({ "service": "sqs", "operation": "SendMessageBatch", "rate": 0.1, "after": true }),
    ] {
        shop.engine.aws_fault(&fault).await;
    }
    let mut ids = Vec::new();
    for n in 0..60 {
        ids.push(shop.invoke(Trigger::OrderCompleted, order(&format!("throttled-{n}"))).await);
    }
    for id in &ids {
        shop.swept("the action", async || status(&shop, *id).await.filter(|status| status.is_final())).await;
        assert_eq!(status(&shop, *id).await, Some(Status::Performed));
    }
    shop.engine.clear_aws_faults().await;
    let told: BTreeSet<_> = shop.deliveries().await.iter().map(|one| one["id"].to_string()).collect();
    assert_eq!(told.len(), ids.len(), "each has one id, regardless of lost marks");
}

#[tokio::test]
async fn sweepers_that_run_at_once_release_each_job_once() {
    let shop = shop("promise-sweepers").await;
    // Far in the future, so that no sweep of another test finds them due.
    fault(&shop, json!({ "status": 429, "headers": { "retry-after": "7200" }, "count": 30 })).await;
    let ids = shop.publish((0..30).map(|n| order(&format!("swept-{n}")))).await;
    let mut parked = Vec::new();
    for id in &ids {
        let waiting = async || status(&shop, *id).await.filter(|status| *status == Status::RateLimited);
        until("a parked job", waiting).await;
        parked.push(shop.event(*id).await.1.remove(0));
    }
    // The jobs are not due, so nothing is released …
    let sweep = async || {
        let function = &shop.engine.outputs.functions["sweeper"];
        shop.engine.lambda.invoke().function_name(function).send().await.expect("the sweeper");
    };
    futures::future::join_all((0..4).map(|_| sweep())).await;
    assert!(shop.deliveries().await.is_empty());
    // … until they are due: of several sweepers that take a job at the same moment, one receives it.
    let store = &shop.engine.store;
    let due = now() + SignedDuration::from_hours(3);
    let mut taken = 0;
    for shard in aws::store::Store::due_shards() {
        let found = store.due(shard, 1000, due).try_concat().await.expect("the table");
        for found in found {
            let Ok(found) = found else { continue };
            if found.marketplace == shop.id {
                let sweepers = (0..4).map(|_| store.take_parked(&found, due));
                let answers = futures::future::join_all(sweepers).await;
                let winners = answers
                    .into_iter()
                    .filter(|answer| answer.as_ref().expect("the table").is_some())
                    .count();
                assert_eq!(winners, 1);
                taken += 1;
            }
        }
    }
    assert_eq!(taken, parked.len());
}

#[tokio::test]
async fn an_app_that_names_a_time_far_away_is_asked_again_within_a_day() {
    let shop = shop("promise-far").await;
    fault(&shop, json!({ "status": 429, "headers": { "retry-after": "1767225600" }, "count": 1 })).await;
    let id = shop.publish([order("far")]).await[0];
    let job = until("the limit", async || shop.event(id).await.1.pop()).await;
    let tomorrow = now() + SignedDuration::from_hours(24);
    assert_eq!((job.status, job.attempts), (Status::RateLimited, 0), "{job:?}");
    assert!(job.next_attempt.is_some_and(|next| next <= tomorrow), "{job:?}");
    // The account does not wait longer either, with all later jobs.
    let limit = until("the account's limit", async || {
        let account = Shop::account(App::WEBHOOK);
        let found = shop.engine.store.integration(&shop.id, &account, now()).await.expect("the table");
        found.expect("an account").health.not_before
    })
    .await;
    assert!(limit <= tomorrow, "{limit}");
}

#[tokio::test]
async fn an_app_that_keeps_failing_is_left_alone_and_asked_again_by_one_call() {
    let shop = shop("promise-pause").await;
    fault(&shop, json!({ "status": 500, "count": 10 })).await;
    let ids = shop.publish((0..10).map(|n| order(&format!("pause-{n}")))).await;
    let health = async || {
        let account = Shop::account(App::WEBHOOK);
        let found = shop.engine.store.integration(&shop.id, &account, now()).await.expect("the table");
        found.expect("an account").health
    };
    let paused = until("the pause", async || Some(health().await).filter(|health| health.pauses >= 1)).await;
    let pause = paused.open_until.expect("a pause");
    // The circuit breaker opened for 30 s. A call that was in progress ends within its lease, which is 10 s here.
    let quiet = pause - SignedDuration::from_secs(20)..pause;
    // Jobs that arrive during the pause advance on their schedule and spend no attempt: an attempt is a call.
    let late = shop.publish([order("pause-late")]).await[0];
    let alone = until("the job during the pause", async || shop.event(late).await.1.pop()).await;
    assert_eq!((alone.status, alone.attempts, alone.step), (Status::Retrying, 0, 1), "{alone:?}");
    assert!(alone.next_attempt.is_some_and(|next| next >= pause), "{alone:?}");
    // A manual retry does not call the app either, and spends no attempt.
    let said = shop.engine(&["retry", &alone.id.to_string()]).await;
    assert!(said.contains("is tried again at its next attempt"), "{said}");
    assert_eq!(shop.event(late).await.1.pop().expect("the job").attempts, 0);
    let ids: Vec<_> = ids.into_iter().chain([late]).collect();
    for id in &ids {
        shop.swept("the action", async || status(&shop, *id).await.filter(|status| status.is_final())).await;
        assert_eq!(status(&shop, *id).await, Some(Status::Performed));
    }
    let deliveries = shop.deliveries().await;
    assert_eq!(deliveries.len(), ids.len());
    for delivery in deliveries {
        let time: Timestamp = delivery["time"].as_str().expect("a time").parse().expect("a time");
        assert!(!quiet.contains(&time), "it was called in the pause {quiet:?}: {delivery}");
    }
    let well = until("the end of the pauses", async || Some(health().await).filter(Health::is_good)).await;
    assert_eq!((well.failures, well.pauses), (0, 0));
}
