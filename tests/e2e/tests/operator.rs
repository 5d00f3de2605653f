//! What the operator does for all merchants at once: pausing an app, and seeing how everything does.

use domain::app::App;
use domain::id::EventId;
use domain::log::{JobRecord, Status};
use domain::pause::Note;
use domain::trigger::Trigger;
use jiff::SignedDuration;
use serde_json::json;

use crate::stack::{Sample, Shop, now, until};

fn order(id: &str) -> Sample {
    Sample::read("order-completed.one-item").id(id).email(&format!("{id}@operator.example.com")).now()
}

/// The event's only job, as soon as there is a record of it.
async fn job(shop: &Shop, id: EventId) -> JobRecord {
    until(&format!("a job of {id}"), async || shop.event(id).await.1.pop()).await
}

/// Kit is paused here, and so no other test may use it on the shared stack.
#[tokio::test]
async fn a_paused_apps_jobs_wait_without_an_attempt_and_go_on_when_it_is_resumed() {
    let shop = Shop::open("operator-pause").await;
    let store = &shop.engine.store;
    shop.connect(App::Kit, &json!({ "api_secret": "kit-secret" })).await;
    let tag = json!({ "action": "add_tag", "settings": { "tag": ["Paused"] } });
    shop.rule("tag", Trigger::ProductPurchased, App::Kit, tag).await;
    assert!(!store.resume_app(App::Kit, now()).await.expect("the table"), "nobody paused it");
    let note = Note::new("its API answers nobody").expect("a note");
    let first = store.pause_app(App::Kit, &note, now()).await.expect("the table");
    let again = store.pause_app(App::Kit, &note, now()).await.expect("the table");
    assert_eq!(first.since, again.since);

    // What a connector has read of the pause may be ten seconds old.
    let mut waiting = Vec::new();
    for n in 0..100 {
        let id = shop.publish([order(&format!("paused-{n}"))]).await[0];
        let job = job(&shop, id).await;
        if job.status == Status::Held {
            waiting.push(id);
            assert_eq!(job.attempts, 0);
            let message = job.reason.expect("a reason").message;
            assert_eq!(message, "Kit is paused by the operator: its API answers nobody.");
        }
        if waiting.len() == 3 {
            break;
        }
    }
    let counted = store.paused_count(App::Kit).await.expect("the table");
    assert_eq!((counted.count, counted.more), (3, false));
    // Their account is well: nothing is held for it, and a sweep does not touch them.
    assert_eq!(store.held_count(&shop.id, &Shop::account(App::Kit)).await.expect("the table"), 0);
    let far = now().saturating_add(SignedDuration::from_hours(24)).expect("a time");
    for shard in aws::store::Store::due_shards() {
        let due = store.due(shard, 100, far).await.expect("the table");
        let ours = format!("{due:?}").contains(shop.id.as_str());
        assert!(!ours, "{due:?}");
    }

    assert!(store.resume_app(App::Kit, now()).await.expect("the table"));
    for id in waiting {
        let ended = async || shop.event(id).await.1.pop().filter(|job| job.status.is_final());
        let job = shop.swept("the action", ended).await;
        assert_eq!((job.status, job.attempts), (Status::Performed, 1), "{job:?}");
        let told: Vec<_> = job.history.iter().map(|attempt| attempt.status).collect();
        assert_eq!(told, [Status::Held, Status::Performed]);
    }
    assert_eq!(store.paused_count(App::Kit).await.expect("the table").count, 0);
}

#[tokio::test]
async fn the_fleet_is_what_the_accounts_are() {
    let shop = Shop::open("operator-fleet").await;
    let store = &shop.engine.store;
    let account = store.integration(&shop.id, &Shop::account(App::Mailchimp), now()).await;
    let account = account.expect("the table").expect("an account");
    let refused = async || {
        let (mut found, mut after) = (Vec::new(), None);
        // Page by page, and each of them small.
        loop {
            let page = store.refused_accounts(App::Mailchimp, 1, after.as_deref()).await.expect("the table");
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

    // Its health changes with every failed call, and does not move it.
    store.note_failure(&account, now()).await.expect("the table");
    assert_eq!(ours().await.expect("still").id, account.id);

    shop.connect(App::Mailchimp, &json!({ "api_key": crate::stack::API_KEY })).await;
    assert!(ours().await.is_none());
    let (connected, _) = store.fleet_counts(App::Mailchimp).await.expect("the table");
    assert!(connected.count >= 1 && !connected.more, "{connected:?}");

    store.delete_integration(&account).await.expect("the table");
    let page = store.marketplaces(1000, None).await.expect("the table");
    assert!(page.items.contains(&shop.id) && page.items.is_sorted() && page.next.is_none(), "{page:?}");
    let first = store.marketplaces(1, None).await.expect("the table");
    assert_eq!(first.items[..], page.items[..1]);
    let next = store.marketplaces(1, first.next.as_deref()).await.expect("the table");
    assert_eq!(next.items[..], page.items[1..2]);
}

#[tokio::test]
async fn the_facts_queue_is_looked_at_and_left_as_it_is() {
    let shop = Shop::open("operator-facts").await;
    let queue = shop.engine.outputs.facts_queue_url.clone();
    let fact = order("operator-kept").of(&shop.id).with("/order/total/amount", "49.00");
    let event =
        json!({ "id": "1", "source": "commerce", "detail-type": fact.detail_type, "detail": fact.detail });
    let message = json!({ "reason": "the amount is text", "trigger": "order_completed", "event": event });
    let request = shop.engine.sqs.send_message().queue_url(&queue).message_body(message.to_string());
    request.send().await.expect("SQS");
    for _ in 0..2 {
        // Other tests look into this queue too, and hide what they see for a moment.
        let said = until("the fact", async || {
            let said = crate::operations::engine(&shop, &["facts", "--max", "100"]).await;
            said.lines().find(|line| line.contains("operator-kept")).map(str::to_owned)
        });
        let said = said.await;
        assert!(said.contains("the amount is text") && said.contains(shop.id.as_str()), "{said}");
        assert!(!said.contains('@'), "{said}");
    }
    until("it again", async || {
        Some(shop.engine.take(&queue, |body| body.contains("operator-kept")).await)
            .filter(|took| took.len() == 1)
    })
    .await;
}
