//! The operator's operations for all merchants: pausing an app, and the state of all apps.

use aws::store::Streak;
use domain::app::App;
use domain::log::Status;
use domain::trigger::Trigger;
use futures::TryStreamExt;
use jiff::SignedDuration;
use serde_json::json;

use crate::stack::{Caller, Engine, Opens, Sample, Shop, Stacks, now, until};

fn order(id: &str) -> Sample {
    Sample::read("order-completed.one-item").id(id).email(&format!("{id}@operator.example.com")).now()
}

#[tokio::test]
async fn a_paused_apps_jobs_wait_without_an_attempt_and_go_on_when_it_is_resumed() {
    let shop = Shop::open_on(Engine::operated().await, "operator-pause").await;
    let store = &shop.engine.store;
    shop.connect(App::KIT, &json!({ "api_secret": "kit-secret" })).await;
    let tag = json!({ "action": "add_tag", "settings": { "tag": ["Paused"] } });
    shop.rule("tag", Trigger::ProductPurchased, App::KIT, tag).await;
    let resume = async || shop.engine.call(Caller::Operator, "POST", "/operator/apps/kit/resume", None).await;
    assert_eq!(resume().await.expect(200)["was_paused"], false);
    let note = json!({ "note": "its API does not answer." });
    let pause = async || {
        shop.engine.call(Caller::Operator, "POST", "/operator/apps/kit/pause", Some(&note)).await.expect(200)
    };
    assert_eq!(pause().await["since"], pause().await["since"]);

    // A connector's copy of the pause may be some seconds old.
    let mut waiting = Vec::new();
    for n in 0..100 {
        let id = shop.invoke(Trigger::ProductPurchased, order(&format!("paused-{n}"))).await;
        let job = until(&format!("a job of {id}"), async || shop.event(id).await.1.pop()).await;
        if job.status == Status::Held {
            waiting.push(id);
            assert_eq!(job.attempts, 0);
            let message = job.reason.expect("a reason").message;
            assert_eq!(message, "Kit is paused by the operator: its API does not answer.");
        }
        if waiting.len() == 3 {
            break;
        }
    }
    let kit = shop.engine.call(Caller::Operator, "GET", "/operator/apps/kit", None).await.expect(200);
    assert_eq!((&kit["parked"]["count"], &kit["paused"]["note"]), (&json!(3), &note["note"]));
    assert!(kit["oldest_parked"].is_string() && kit["integrations"]["count"] == 1, "{kit}");
    // The account is in order: nothing is held for it, and a sweep does not release the jobs.
    assert_eq!(store.held_count(&shop.id, &Shop::account(App::KIT)).await.expect("the table"), 0);
    let far = now().saturating_add(SignedDuration::from_hours(24)).expect("a time");
    for shard in aws::store::Store::due_shards() {
        let due = store.due(shard, 100, far).try_concat().await.expect("the table");
        assert!(!format!("{due:?}").contains(shop.id.as_str()), "{due:?}");
    }

    assert_eq!(resume().await.expect(200)["was_paused"], true);
    for id in waiting {
        let ended = async || shop.event(id).await.1.pop().filter(|job| job.status.is_final());
        let job = shop.swept("the action", ended).await;
        assert_eq!((job.status, job.attempts), (Status::Performed, 1), "{job:?}");
        let told: Vec<_> = job.history.iter().map(|attempt| attempt.status).collect();
        assert_eq!(told, [Status::Held, Status::Performed]);
    }
    assert_eq!(store.paused_count(App::KIT).await.expect("the table").count, 0);
}

#[tokio::test]
async fn the_fleet_is_what_the_accounts_are() {
    let shop = Shop::open("operator-fleet").await;
    let store = &shop.engine.store;
    let account = store.integration(&shop.id, &Shop::account(App::MAILCHIMP), now()).await;
    let account = account.expect("the table").expect("an account");
    let refused = async || {
        let (mut found, mut after) = (Vec::new(), None);
        // Page by page, with small pages.
        loop {
            let page = store.refused_accounts(App::MAILCHIMP, 1, after.as_ref()).await.expect("the table");
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                break found;
            }
        }
    };
    let ours = async || refused().await.into_iter().find(|standing| standing.marketplace == shop.id);
    assert!(ours().await.is_none());

    let reason = domain::outcome::Reason::new("The key was revoked.");
    store.mark_needs_reconnect(&account, &reason, now()).await.expect("the table");
    let standing = ours().await.expect("it needs its merchant");
    assert_eq!((standing.id, standing.label.as_str()), (account.id.clone(), "Mailchimp"));
    let all = refused().await;
    assert!(all.is_sorted_by_key(|standing| match &standing.connection {
        domain::integration::Connection::NeedsReconnect { since, .. } => Some(*since),
        domain::integration::Connection::Connected => None,
    }));

    // The account's health changes with every failed call, and does not move its position.
    store.record_failure(&account, Streak::GoesOn, now()).await.expect("the table");
    assert_eq!(ours().await.expect("still").id, account.id);

    shop.connect(App::MAILCHIMP, &json!({ "api_key": crate::stack::API_KEY })).await;
    assert!(ours().await.is_none());
    let (connected, _) = store.fleet_counts(App::MAILCHIMP).await.expect("the table");
    assert!(connected.count >= 1, "{connected:?}");

    let latest =
        store.integration(&shop.id, &account.id, now()).await.expect("the table").expect("an account");
    store.delete_integration(&latest, None, now()).await.expect("the table");
    // Other tests create marketplaces in the meantime, so only the order of all pages is checked, and that ours is on
    // one.
    for limit in [1, 1000] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.marketplaces(limit, after.as_ref()).await.expect("the table");
            assert!(page.items.len() <= limit, "{page:?}");
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(found.is_sorted() && found.iter().filter(|id| **id == shop.id).count() == 1, "{found:?}");
    }
}

#[tokio::test]
async fn the_facts_queue_is_looked_at_and_left_as_it_is_until_it_is_redriven() {
    // On a stack on which no other test redrives the queue.
    let shop = Shop::open_on(Engine::operated().await, "operator-facts").await;
    let queue = shop.engine.outputs.facts_queue_url.clone();
    let keep = async |id: &str, amount: serde_json::Value| {
        // A buyer's address in the wrong field.
        let fact = order(id).of(&shop.id).with("/order/total/amount", amount);
        let event = json!({ "id": "1", "source": "commerce", "detail-type": fact.detail_type, "detail": fact.detail });
        let message = json!({ "reason": "it broke", "trigger": "order_completed", "event": event });
        let request = shop.engine.sqs.send_message().queue_url(&queue).message_body(message.to_string());
        request.send().await.expect("SQS");
        fact
    };
    keep("operator-broken", json!("buyer@private.example.com")).await;
    let good = shop.event_id(&keep("operator-mended", json!(4900)).await);
    // Each read hides the messages for a moment.
    let look = async |id: &'static str| {
        until(id, async || {
            let seen = shop.engine.call(Caller::Operator, "GET", "/operator/facts?limit=100", None).await;
            assert!(!seen.text.contains('@'), "{}", seen.text);
            let seen = seen.expect(200);
            seen["items"].as_array().expect("a list").iter().find(|fact| fact["fact_id"] == id).cloned()
        })
        .await
    };
    for _ in 0..2 {
        let (broken, mended) = (look("operator-broken").await, look("operator-mended").await);
        assert_eq!((&broken["reason"], &broken["by"]), (&json!("it broke"), &json!("order_completed")));
        assert_eq!(broken["marketplace_id"], shop.id.as_str());
        let stays = broken["stays"].as_str().expect("a reason");
        assert!(stays.contains("amount") && mended["stays"].is_null(), "{broken} {mended}");
    }
    until("the mended fact on the bus", async || {
        let batch = json!({ "limit": 50 });
        let done = shop.engine.call(Caller::Operator, "POST", "/operator/facts/redrive", Some(&batch)).await;
        done.expect(200);
        shop.event(good).await.0
    })
    .await;
    look("operator-broken").await;
    until("the broken fact, taken away", async || {
        let taken = shop.engine.take(&queue, |body| body.contains("operator-broken")).await;
        (taken.len() == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn dead_letters_go_back_in_batches_and_what_is_no_job_stays_with_its_reason() {
    let shop = Shop::open_on(Engine::operated().await, "operator-dead").await;
    let dead = &shop.engine.outputs.dlqs["circle"];
    let request = shop.engine.sqs.send_message().queue_url(dead).message_body("operator-dead: no job at all");
    request.send().await.expect("SQS");
    let path = "/operator/apps/circle/redrive";
    let done =
        shop.engine.call(Caller::Operator, "POST", path, Some(&json!({ "limit": 5 }))).await.expect(200);
    assert_eq!((&done["moved"], &done["more"]), (&json!(0), &json!(false)), "{done}");
    let reason = done["stayed"][0]["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("it is not a job"), "{done}");
    let apps = shop.engine.call(Caller::Operator, "GET", "/operator/apps", None).await.expect(200);
    let circle = apps["items"].as_array().expect("a list").iter().find(|app| app["app"] == "circle");
    assert_eq!(circle.expect("Circle")["dead_letters"], 1);
    for wrong in [json!({ "limit": 0 }), json!({ "limit": 51 }), json!({ "most": 1 })] {
        shop.engine.call(Caller::Operator, "POST", path, Some(&wrong)).await.expect(422);
    }
    assert_eq!(shop.engine.take(dead, |body| body.contains("operator-dead")).await.len(), 1);
}

#[tokio::test]
async fn a_marketplace_shows_what_is_wrong_with_it() {
    let shop = Shop::open("operator-health").await;
    let store = &shop.engine.store;
    let account = store.integration(&shop.id, &Shop::account(App::WEBHOOK), now()).await;
    let account = account.expect("the table").expect("an account");
    store.record_failure(&account, Streak::GoesOn, now()).await.expect("the table");
    let reason = domain::outcome::Reason::new("The key was revoked.");
    store.mark_needs_reconnect(&account, &reason, now()).await.expect("the table");

    let path = format!("/operator/marketplaces/{}", shop.id);
    let seen = shop.engine.call(Caller::Operator, "GET", &path, None).await;
    assert!(!seen.text.contains(account.credentials.0.as_str()), "credentials are never shown");
    let seen = seen.expect(200);
    let health = &seen["health"];
    assert_eq!((&health["integrations"], &health["needs_reconnect"]), (&json!(2), &json!(1)), "{health}");
    assert_eq!((&health["failing"], &health["held"]["count"]), (&json!(1), &json!(0)), "{health}");
    let wanted = seen["accounts"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["integration"]["id"] == "int_webhook");
    assert_eq!(wanted.expect("the account")["integration"]["reason"], "The key was revoked.");

    let path = "/operator/apps/webhook/needs-reconnect?limit=100";
    let refused = shop.engine.call(Caller::Operator, "GET", path, None).await.expect(200);
    let ours = refused["items"].as_array().expect("a list").iter();
    let ours = ours.filter(|one| one["marketplace_id"] == shop.id.as_str()).collect::<Vec<_>>();
    assert_eq!((ours.len(), &ours[0]["reason"]), (1, &json!("The key was revoked.")), "{refused}");

    let mut path = "/operator/marketplaces?limit=1".to_owned();
    loop {
        let page = shop.engine.call(Caller::Operator, "GET", &path, None).await.expect(200);
        if page["items"][0]["marketplace_id"] == shop.id.as_str() {
            assert_eq!(&page["items"][0], health);
            break;
        }
        let next = page["next_cursor"].as_str().expect("it comes on a later page");
        path = format!("/operator/marketplaces?limit=1&cursor={next}");
    }
    shop.engine.call(Caller::Operator, "GET", "/operator/marketplaces/nobodys", None).await.expect(404);
    shop.engine.call(Caller::Operator, "GET", "/operator/marketplaces?cursor=%20", None).await.expect(422);
}
