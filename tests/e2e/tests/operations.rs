//! The operator's manual operations: trying a rule, replaying events, redriving messages.

use aws::functions::FunctionError;
use aws::store::{Refusal, SaveError, SideWrites};
use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::app::App;
use domain::id::{EventId, IntegrationId, JobId, JobPart};
use domain::integration::{Ciphertext, Connection, Health, Integration};
use domain::job::Job;
use domain::log::{ConfigEntry, JobRecord, Status, Timer};
use domain::outcome::Reason;
use domain::trigger::Trigger;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::stack::{Engine, Opens, Portal, Sample, Shop, Stacks, now, until};

const TELL: &str = "send_notify_url_post_for_orders";

async fn tell(shop: &Shop) {
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
}

fn order(id: &str) -> Sample {
    Sample::read("order-completed.one-item").id(id).email(&format!("{id}@operations.example.com")).now()
}

/// The shop's webhook rejects the next call permanently.
async fn refuse_once(shop: &Shop) {
    let fault = json!({ "app": "webhook", "path": format!("^/{}$", shop.id), "status": 410, "count": 1 });
    shop.engine.sandbox_post("/_faults", &fault).await;
}

fn with(value: &Value, key: &str, part: Value) -> Value {
    let mut value = value.clone();
    value[key] = part;
    value
}

async fn put(shop: &Shop, queue: &str, body: &str) {
    let request = shop.engine.sqs.send_message().queue_url(queue).message_group_id(shop.id.as_str());
    request.message_body(body).send().await.expect("SQS");
}

/// The event's only job, once its history has this length and it has ended.
async fn after(shop: &Shop, id: EventId, attempts: usize) -> JobRecord {
    until(&format!("attempt {attempts} of {id}"), async || {
        let job = shop.event(id).await.1.pop()?;
        (job.history.len() >= attempts && job.status.is_final()).then_some(job)
    })
    .await
}

#[tokio::test]
async fn a_dry_run_says_what_a_rule_would_have_done_and_does_nothing() {
    let shop = Shop::open("operations-dry-run").await;
    let id = shop.publish([order("dry-run")]).await[0];
    until("the event", async || shop.event(id).await.0).await;
    tell(&shop).await;
    let said = shop.engine(&["dry-run", "rul_tell", "--since", "1h"]).await;
    assert!(said.contains("would have fired 1 times for 1 buyers, with 1 actions"), "{said}");
    assert!(said.contains("d***@operations.example.com") && !said.contains("dry-run@"), "{said}");
    let said = shop.engine(&["replay", &id.to_string(), "--dry-run"]).await;
    assert!(said.starts_with("1 actions of 1 events would be sent"), "{said}");
    // Another delivery that has arrived: any delivery of the dry runs would have arrived before it.
    let last = shop.publish([order("dry-run-last")]).await[0];
    shop.ended(last, 1).await;
    assert!(shop.event(id).await.1.is_empty());
    assert_eq!(shop.deliveries().await.len(), 1);
}

#[tokio::test]
async fn what_was_rejected_is_replayed_once_and_what_was_performed_only_by_force() {
    let shop = Shop::open("operations-replay").await;
    tell(&shop).await;
    refuse_once(&shop).await;
    let id = shop.publish([order("replay")]).await[0];
    let job = after(&shop, id, 1).await;
    assert_eq!((job.status, shop.deliveries().await.len()), (Status::Rejected, 0));

    let event = id.to_string();
    let said = shop.engine(&["replay", &event, "--status", "exhausted"]).await;
    assert!(said.starts_with("0 actions"), "{said}");
    let said = shop.engine(&["replay", "--since", "1h", "--status", "rejected", "--rules", "then"]).await;
    assert!(said.starts_with("1 actions of 1 events sent"), "{said}");
    let job = after(&shop, id, 2).await;
    assert_eq!((job.status, shop.deliveries().await.len()), (Status::Performed, 1));

    let said = shop.engine(&["replay", &event]).await;
    assert!(said.starts_with("0 actions") && said.contains("1 already succeeded"), "{said}");
    shop.engine(&["replay", &event, "--force"]).await;
    let job = after(&shop, id, 3).await;
    assert_eq!((job.status, shop.deliveries().await.len()), (Status::Performed, 2));

    let history: Vec<_> = job.history.iter().map(|attempt| attempt.status).collect();
    assert_eq!(history, [Status::Rejected, Status::Performed, Status::Performed]);
    assert!(shop.engine(&["event", &event]).await.contains("performed, 1 attempt"));
}

#[tokio::test]
async fn one_action_is_tried_again_by_hand() {
    let shop = Shop::open("operations-retry").await;
    tell(&shop).await;
    refuse_once(&shop).await;
    let id = shop.publish([order("retry-by-hand")]).await[0];
    let job = after(&shop, id, 1).await;
    assert_eq!(job.status, Status::Rejected);
    shop.engine(&["retry", &job.id.to_string()]).await;
    assert_eq!(after(&shop, id, 2).await.status, Status::Performed);
    assert_eq!(shop.deliveries().await.len(), 1);
}

#[tokio::test]
async fn an_action_that_waits_for_hours_is_tried_at_once_where_that_is_asked_for_and_once() {
    let shop = Shop::open("operations-hasten").await;
    tell(&shop).await;
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let fault = json!({
        "app": "webhook", "path": format!("^/{}$", shop.id), "status": 429, "headers": { "retry-after": "7200" },
    });
    for by_hand in [true, false] {
        shop.engine.sandbox_post("/_faults", &with(&fault, "count", json!(1))).await;
        let id = shop.publish([order(&format!("hasten-{by_hand}"))]).await[0];
        let waits = until("the wait", async || {
            shop.event(id).await.1.pop().filter(|job| job.status == Status::RateLimited)
        });
        let waits = waits.await;
        assert!(waits.next_attempt.expect("a time") > now() + SignedDuration::from_mins(90));
        // The app's own limit is over.
        let account = Shop::account(App::WEBHOOK);
        let found = shop.engine.store.integration(&shop.id, &account, now()).await.expect("the table");
        let well = Integration { health: Health::default(), ..found.expect("an account") };
        shop.engine.store.save_integration(&well, now()).await.expect("saved");

        let job = waits.id.to_string();
        if by_hand {
            let said = shop.engine(&["retry", &job]).await;
            assert!(said.contains("waited for its next attempt, and is tried now"), "{said}");
        } else {
            let path = format!("/v1/actions/{job}/retry");
            let asked = futures::future::join_all((0..4).map(|_| portal.post(&path, &Value::Null))).await;
            let taken = asked.iter().filter(|answer| answer.status.as_u16() == 202).count();
            let left = asked.iter().filter(|answer| answer.status.as_u16() == 409).count();
            assert_eq!((taken, left), (1, 3), "{asked:?}");
        }
        let done = after(&shop, id, 2).await;
        assert_eq!((done.status, done.attempts, done.history.len()), (Status::Performed, 1, 2), "{done:?}");
    }
    assert_eq!(shop.deliveries().await.len(), 2);
}

#[tokio::test]
async fn an_action_that_waits_is_canceled_by_hand_and_its_rule_says_how_many_wait() {
    let shop = Shop::open("operations-cancel").await;
    tell(&shop).await;
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let fault = json!({
        "app": "webhook", "path": format!("^/{}$", shop.id), "status": 429, "headers": { "retry-after": "7200" },
        "count": 1,
    });
    shop.engine.sandbox_post("/_faults", &fault).await;
    let id = shop.publish([order("cancel")]).await[0];
    let waits = until("the wait", async || {
        shop.event(id).await.1.pop().filter(|job| job.status == Status::RateLimited)
    });
    let job = waits.await.id.to_string();
    let waiting = async || portal.get("/v1/rules/rul_tell/waiting").await.expect(200);
    assert_eq!(waiting().await["waiting"], json!({ "count": 1, "more": false }));

    let path = format!("/v1/actions/{job}/cancel");
    let canceled = portal.post(&path, &Value::Null).await.expect(200);
    assert_eq!((&canceled["status"], &canceled["next_attempt"]), (&json!("canceled"), &Value::Null));
    let refused = portal.post(&path, &Value::Null).await.expect(409);
    assert!(refused["detail"].to_string().contains("canceled"), "{refused}");
    assert_eq!(waiting().await["waiting"]["count"], json!(0));
    let said = shop.engine_refuses(&["cancel", &job]).await;
    assert!(said.contains("has ended already: it is canceled"), "{said}");
    assert!(shop.deliveries().await.is_empty());
}

#[tokio::test]
async fn a_refund_stands_when_its_purchase_is_replayed_into_an_account_that_was_connected_anew() {
    let shop = Shop::open("operations-renewed").await;
    let list = |action: &str, account: &IntegrationId| json!({ "action": action, "settings": { "list_id": "demo" }, "integration": account });
    let before = Shop::account(App::MAILCHIMP);
    shop.rule("grant", Trigger::ProductPurchased, App::MAILCHIMP, list("add_to_list", &before)).await;
    shop.rule("revoke", Trigger::ProductRefunded, App::MAILCHIMP, list("remove_from_list", &before)).await;
    let email = "renewed@operations.example.com";
    let purchase = shop.publish([order("renewed").email(email)]).await[0];
    shop.ended(purchase, 1).await;
    let refund = Sample::read("charge-refunded.full").id("renewed-refund").email(email).now();
    let refund = shop.publish([refund]).await[0];
    shop.ended(refund, 1).await;

    let found = shop.engine.store.integration(&shop.id, &before, now()).await.expect("the table");
    let account = found.expect("an account");
    shop.engine.store.delete_integration(&account, None, now()).await.expect("deleted");
    let anew = IntegrationId::new("int_anew").expect("an id");
    let again = Integration { id: anew.clone(), ..account };
    shop.engine.store.save_integration(&again, now()).await.expect("saved");
    // Only the purchase's rule names the account that is now connected.
    shop.rule("grant", Trigger::ProductPurchased, App::MAILCHIMP, list("add_to_list", &anew)).await;

    let said = shop.engine(&["replay", &purchase.to_string()]).await;
    assert!(said.starts_with("0 actions of 0 events sent"), "{said}");
    assert!(said.contains("A newer event decided this: Charge Refunded"), "{said}");
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let replayed = portal.post(&format!("/v1/events/{purchase}/replay"), &json!({})).await.expect(200);
    assert_eq!(replayed["superseded"][0]["event"], json!(refund.to_string()), "{replayed}");
}

#[tokio::test]
async fn an_action_that_is_held_stays_held_and_says_what_it_waits_for() {
    let shop = Shop::open("operations-held").await;
    tell(&shop).await;
    let account = Shop::account(App::WEBHOOK);
    let found = shop.engine.store.integration(&shop.id, &account, now()).await.expect("the table");
    let connection =
        Connection::NeedsReconnect { since: now(), reason: Reason::new("The app refuses the credentials.") };
    let refused = Integration { connection, ..found.expect("an account") };
    shop.engine.store.save_integration(&refused, now()).await.expect("saved");
    let id = shop.publish([order("held")]).await[0];
    let held = async || shop.event(id).await.1.pop().filter(|job| job.status == Status::Held);
    let job = until("the hold", held).await.id.to_string();

    let said = shop.engine(&["retry", &job]).await;
    assert!(said.contains("is held. It continues when its integration is reconnected"), "{said}");
    let portal = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let refused = portal.post(&format!("/v1/actions/{job}/retry"), &Value::Null).await.expect(409);
    assert!(refused["detail"].to_string().contains("The app refuses the credentials."), "{refused}");
    assert!(held().await.is_some());
}

#[tokio::test]
async fn a_dead_job_goes_back_to_its_queue_and_poison_is_given_up_only_into_a_file() {
    let shop = Shop::open_on(Engine::operated().await, "operations-dlq").await;
    // The job as it was sent, for an event whose own job was never performed: the rule is created later.
    let id = shop.publish([order("dlq")]).await[0];
    until("the event", async || shop.event(id).await.0).await;
    // Another trigger may have stored the event, and this rule's trigger may plan it later: a newer rule does not fire
    // then.
    let newer = json!({ "action": TELL, "created_at": now() });
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, newer).await;
    let detail: Value =
        serde_json::from_str(&shop.event(id).await.0.expect("an event").detail).expect("a detail");
    let part = JobPart::of(&["operations-dlq"]);
    let job = json!({
        "v": "1", "id": JobId { event: id, part }, "marketplace": shop.id,
        "integration": Shop::account(App::WEBHOOK), "app": "webhook", "rule": "rul_tell",
        "trigger": "order_completed", "action": TELL, "settings": {}, "contact": { "email": "dlq@operations.example.com" },
        "effect": { "key": "0".repeat(24), "intent": "send" }, "occurred_at": id.at, "ordered_at": id.at, "payload": detail,
    });
    let job: Job = serde_json::from_value(job).expect("a job");
    let dead = &shop.engine.outputs.dlqs["webhook"];
    let poison = "operations-dlq: no job at all";
    put(&shop, dead, &serde_json::to_string(&job).expect("JSON")).await;
    put(&shop, dead, poison).await;

    let said = shop.engine(&["redrive", "dlq", "webhook"]).await;
    assert!(
        said.starts_with("1 back on the queue of webhook.") && said.contains("it is not a job"),
        "{said}"
    );
    assert_eq!(shop.ended(id, 1).await[0].status, Status::Performed);
    assert_eq!(shop.deliveries().await.len(), 1);

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("facts.jsonl");
    let save = file.to_str().expect("text");
    let said = shop.engine(&["redrive", "dlq", "webhook", "--discard-poison", "--save", save]).await;
    assert!(said.contains("1 discarded"), "{said}");
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).expect("the file")).expect("a line");
    assert_eq!(kept["body"], poison);
    assert!(shop.engine.take(dead, |body| body == poison).await.is_empty());
}

#[tokio::test]
async fn a_fact_that_was_kept_is_published_again_and_one_that_still_breaks_the_contract_stays() {
    let shop = Shop::open("operations-facts").await;
    tell(&shop).await;
    let queue = &shop.engine.outputs.facts_queue_url;
    let kept = |sample: &Sample| {
        let event = json!({ "id": "1", "source": "commerce", "detail-type": sample.detail_type, "detail": sample.detail });
        json!({ "reason": "an older version of the engine could not read it", "event": event }).to_string()
    };
    let good = order("operations-kept").of(&shop.id);
    let bad = order("operations-broken").of(&shop.id).with("/order/total/amount", "49.00");
    put(&shop, queue, &kept(&good)).await;
    put(&shop, queue, &kept(&bad)).await;

    // Other tests read this queue too, and hide messages for a moment.
    let id = shop.event_id(&good);
    until("the fact on the bus", async || {
        shop.engine(&["redrive", "facts"]).await;
        shop.event(id).await.0
    })
    .await;
    assert_eq!(shop.ended(id, 1).await[0].status, Status::Performed);
    let stays = async || {
        let taken = shop.engine.take(queue, |body| body.contains("operations-broken")).await;
        taken.into_iter().next()
    };
    until("the broken fact in the facts queue", stays).await;
    assert_eq!(shop.deliveries().await.len(), 1);
}

#[tokio::test]
async fn a_prospect_whose_time_was_over_goes_on_where_it_was_kept() {
    let shop = Shop::open("operations-matured").await;
    let settings = json!({ "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("remind", Trigger::ProspectCreated, App::MAILCHIMP, settings).await;
    let prospect = |id: &str| {
        let sample = Sample::read("prospect-created.left-checkout").id(id).now().of(&shop.id);
        sample.email(&format!("{id}@operations.example.com"))
    };
    let (leaves, buys) = (prospect("matured-leaves"), prospect("matured-buys"));
    let product = buys.detail["item"]["product_id"].clone();
    let purchase = order("matured-bought").email("matured-buys@operations.example.com");
    let bought = shop.publish([purchase.with("/items/0/product_id", product)]).await[0];
    until("the purchase", async || shop.event(bought).await.0).await;

    let matured = |sample: &Sample| {
        let event = json!({ "id": "1", "source": "commerce", "detail-type": sample.detail_type, "detail": sample.detail });
        json!({ "matured": event })
    };
    // In the form of EventBridge Scheduler, and in that of Lambda.
    let queue = &shop.engine.outputs.facts_queue_url;
    put(&shop, queue, &matured(&leaves).to_string()).await;
    let record =
        json!({ "requestContext": { "condition": "RetriesExhausted" }, "requestPayload": matured(&buys) });
    put(&shop, queue, &record.to_string()).await;

    // Other tests read this queue too, and hide messages for a moment.
    let timers = until("both prospects' ends", async || {
        shop.engine(&["redrive", "facts"]).await;
        let timer = async |sample: &Sample| shop.event(shop.event_id(sample)).await.0?.timer;
        Some((timer(&leaves).await?, timer(&buys).await?))
    })
    .await;
    assert!(matches!(timers.0, Timer::Fired { .. }));
    assert_eq!(timers.1, Timer::Bought { event: bought });
    assert_eq!(shop.ended(shop.event_id(&leaves), 1).await[0].status, Status::Performed);
    assert!(shop.event(shop.event_id(&buys)).await.1.is_empty());
    assert!(shop.engine.take(queue, |body| body.contains("matured-")).await.is_empty());
}

#[tokio::test]
async fn a_function_that_fails_is_told_from_one_that_is_not_there() {
    let shop = Shop::open("operations-functions").await;
    let call = async |name: &str| shop.engine.functions.invoke(name, b"{}".to_vec()).await;
    let failed = call(&shop.engine.outputs.functions["prospects"]).await.expect_err("no event at all");
    assert!(matches!(&failed, FunctionError::Failed { why, .. } if why.contains("neither")), "{failed}");
    let missing = call("unknown").await.expect_err("no such function");
    assert!(matches!(missing, FunctionError::NotFound { .. }), "{missing}");
}

#[tokio::test]
async fn an_account_is_saved_over_the_version_that_was_read_and_frees_the_label_that_it_had() {
    let shop = Shop::open("operations-accounts").await;
    let (m, store) = (&shop.id, &shop.engine.store);
    let read = store.integration(m, &Shop::account(App::WEBHOOK), now()).await;
    let read = read.expect("the table").expect("an account");
    let renamed =
        store.rename_integration(&read, "Orders", SideWrites::default(), now()).await.expect("renamed");

    for before in [Some(&read), None] {
        let late = store.replace_integration(before, &read, SideWrites::default(), now()).await;
        assert!(matches!(late, Err(SaveError::Changed)), "{late:?}");
    }
    let taken = Integration { label: "mailchimp ".to_owned(), ..renamed.clone() };
    let taken = store.replace_integration(Some(&renamed), &taken, SideWrites::default(), now()).await;
    assert!(matches!(taken, Err(SaveError::LabelTaken(_))), "{taken:?}");

    let last = Integration { label: "Tells".to_owned(), updated_at: now(), ..renamed };
    store.save_integration(&last, now()).await.expect("saved, whatever there was");
    for (label, has) in [("tells", true), ("Orders", false), ("Webhook", false)] {
        let found = store.integration_labelled(m, label, now()).await.expect("the table");
        assert_eq!(found.is_some_and(|found| found.id == last.id), has, "{label}");
    }
}

#[tokio::test]
async fn an_answer_of_the_app_undoes_nothing_that_was_changed_meanwhile() {
    let shop = Shop::open("operations-answered").await;
    let (m, store, id) = (&shop.id, &shop.engine.store, Shop::account(App::WEBHOOK));
    let read = async || store.integration(m, &id, now()).await.expect("the table");
    let before = read().await.expect("an account");
    let result = Ok("It answered.".to_owned());
    let entry = ConfigEntry::of_account(&id, App::WEBHOOK, "Refresh", result, now());
    let answered = async || {
        let name = Some("Ada's Bookshop".to_owned());
        store.mark_answered(&before, name, &entry, now()).await.expect("the table")
    };
    let renamed =
        store.rename_integration(&before, "Orders", SideWrites::default(), now()).await.expect("renamed");
    assert!(answered().await);
    let named = Integration { account: Some("Ada's Bookshop".to_owned()), ..renamed };
    assert_eq!(read().await.as_ref(), Some(&named));

    let credentials = Ciphertext("others".to_owned());
    let others = Integration { credentials, account: None, updated_at: now(), ..named.clone() };
    store
        .replace_integration(Some(&named), &others, SideWrites::default(), now())
        .await
        .expect("connected again");
    assert!(!answered().await);
    assert_eq!(read().await.as_ref(), Some(&others));

    store.delete_integration(&others, None, now()).await.expect("deleted");
    assert!(!answered().await);
    assert_eq!(read().await, None);
}

#[tokio::test]
async fn what_a_change_of_an_account_entails_is_written_with_it() {
    let shop = Shop::open("operations-entails").await;
    let (m, store, id) = (&shop.id, &shop.engine.store, Shop::account(App::WEBHOOK));
    let read = async || store.integration(m, &id, now()).await.expect("the table").expect("an account");
    let release = async || {
        let request = shop.engine.table.get_item().table_name(&shop.engine.outputs.table);
        let request = request.key("pk", S(m.to_string())).key("sk", S(format!("RELEASE#{id}")));
        request.send().await.expect("the table").item.is_some()
    };
    let logged = async || {
        let log = shop.account_log(&id).await;
        log.into_iter().map(|entry| (entry.action, entry.ok)).collect::<Vec<_>>()
    };
    let account = read().await;
    let reason = Reason::new("The secret was withdrawn.");
    for expected in [Refusal::First, Refusal::Known] {
        let marked = store.mark_needs_reconnect(&account, &reason, now()).await.expect("the table");
        assert_eq!(marked, expected);
        assert_eq!(logged().await, [("Needs reconnect".to_owned(), false)]);
    }
    let others = Integration { credentials: Ciphertext("others".to_owned()), ..account.clone() };
    let marked = store.mark_needs_reconnect(&others, &reason, now()).await.expect("the table");
    assert_eq!(marked, Refusal::Outdated);
    assert!(!release().await);

    let last = read().await;
    store.delete_integration(&last, None, now()).await.expect("deleted");
    assert!(release().await);
    let late = store.delete_integration(&last, None, now()).await;
    assert!(matches!(late, Err(SaveError::Changed)), "{late:?}");
}
