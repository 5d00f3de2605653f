//! What waits in the table: nothing that waits is forgotten, whatever is beside it.

use aws::store::{Store, Waiting};
use domain::id::{BuyerKey, EventId, FactKey, JobId, JobPart};
use domain::job::Job;
use domain::log::{JobRecord, Status};
use jiff::SignedDuration;
use serde_json::json;

use crate::stack::{Shop, now};

/// A job of nobody's rule, and its record.
fn job(shop: &Shop, number: usize) -> (Job, JobRecord) {
    let event = EventId::new(now(), BuyerKey::of_email("ada@sweeps.example.com"), FactKey::of(&["sweeps"]));
    let id = JobId { event, part: JobPart::of(&[&number.to_string()]) };
    let job = json!({
        "v": "1", "id": id, "marketplace": shop.id, "integration": "int_webhook", "app": "webhook",
        "rule": "rul_tell", "trigger": "order_completed", "action": "send_notify_url_post", "settings": {},
        "contact": { "email": "ada@sweeps.example.com" },
        "effect": { "key": domain::id::EffectKey::of(&["sweeps"]), "intent": "send" }, "occurred_at": event.at,
    });
    let record = json!({
        "id": id, "marketplace": shop.id, "rule": "rul_tell", "trigger": "order_completed",
        "integration": "int_webhook", "app": "webhook", "action": "send_notify_url_post", "intent": "send",
        "email": "ada@sweeps.example.com", "occurred_at": event.at, "updated_at": event.at, "status": "held",
        "attempts": 0, "token": "first",
    });
    (serde_json::from_value(job).expect("a job"), serde_json::from_value(record).expect("a record"))
}

#[tokio::test]
async fn a_record_that_has_expired_and_is_still_there_is_written_over() {
    let shop = Shop::bare("sweeps-expired").await;
    let store = &shop.engine.store;
    let outlived = Store::new(&shop.engine.sdk, &shop.engine.outputs.table, SignedDuration::from_secs(-60));
    let (job, first) = job(&shop, 1);
    assert!(outlived.record_job(&first, "", Waiting::ForReconnect(&job), now()).await.expect("the table"));
    assert_eq!(store.job(&shop.id, &job.id, now()).await.expect("the table"), None);
    // It can still go, and whoever performs it finds no record to go on from.
    assert_eq!(store.held_count(&shop.id, &job.integration).await.expect("the table"), 1);
    let second = JobRecord { token: "second".to_owned(), status: Status::Performed, ..first };
    assert!(store.record_job(&second, "", Waiting::No, now()).await.expect("the table"));
    assert_eq!(store.job(&shop.id, &job.id, now()).await.expect("the table").as_ref(), Some(&second));
    // Of one that has not expired, another attempt's mark counts.
    assert!(!store.record_job(&second, "", Waiting::No, now()).await.expect("the table"));
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
