//! From the queue to the app: each job once, signed, and no job affects others.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::app::App;
use domain::log::Status;
use domain::trigger::Trigger;
use serde_json::{Value, json};

use crate::stack::{Opens, Sample, Shop, until};

fn add_to_list() -> Value {
    json!({ "action": "add_to_list", "settings": { "list_id": "demo" } })
}

#[tokio::test]
async fn a_fact_that_is_repeated_is_performed_once() {
    let shop = Shop::open("delivery-repeat").await;
    shop.rule(
        "tell",
        Trigger::OrderCompleted,
        App::WEBHOOK,
        json!({ "action": "send_notify_url_post_for_orders" }),
    )
    .await;
    let sample = || {
        Sample::read("order-completed.one-item").id("repeated").with("/occurred_at", "2026-05-01T10:00:00Z")
    };
    let ids = shop.publish((0..5).map(|_| sample())).await;
    shop.ended(ids[0], 1).await;
    // The same fact once more, and a different fact after it: when the second has arrived, so have the effects of the
    // repetition.
    shop.publish([sample()]).await;
    let last = shop.publish([Sample::read("order-completed.one-item").id("last").now()]).await[0];
    shop.ended(last, 1).await;
    let told: Vec<_> =
        shop.deliveries().await.iter().map(|one| one["body"]["data"]["id"].to_string()).collect();
    assert_eq!(told.iter().filter(|id| id.contains("repeated")).count(), 1, "{told:?}");
}

#[tokio::test]
async fn a_webhook_is_signed_so_that_its_receiver_can_tell() {
    let shop = Shop::open("delivery-signed").await;
    shop.engine.sandbox_post("/_state/webhook", &json!({ "secret": crate::stack::SIGNING_SECRET })).await;
    shop.rule("tell", Trigger::ProductPurchased, App::WEBHOOK, json!({ "action": "send_notify_url_post" }))
        .await;
    let id = shop.publish([Sample::read("order-completed.non-ascii-names").id("signed").now()]).await[0];
    let jobs = shop.ended(id, 1).await;
    let delivery = shop.deliveries().await.remove(0);
    assert_eq!(delivery["verified"], true, "{delivery}");
    assert_eq!(delivery["id"], jobs[0].id.to_string());
    assert_eq!(delivery["body"]["type"], "product_purchased");
}

#[tokio::test]
async fn a_poison_job_reaches_the_dead_letter_queue_and_its_neighbours_are_performed() {
    let shop = Shop::open("delivery-poison").await;
    shop.rule("add", Trigger::OrderCompleted, App::MAILCHIMP, add_to_list()).await;
    let queue = &shop.engine.outputs.queues["mailchimp"];
    let poison = "delivery-poison: no job at all";
    let send = shop.engine.sqs.send_message().queue_url(queue).message_group_id("delivery-poison");
    send.message_body(poison).send().await.expect("SQS");
    let neighbours = (0..8).map(|n| {
        Sample::read("order-completed.one-item")
            .id(&format!("n{n}"))
            .email(&format!("poison{n}@example.com"))
            .now()
    });
    for id in shop.publish(neighbours).await {
        assert_eq!(shop.ended(id, 1).await[0].status, Status::Performed);
    }
    let dead = &shop.engine.outputs.dlqs["mailchimp"];
    let found = async || shop.engine.take(dead, |body| body == poison).await.into_iter().next();
    until("the poison in the dead-letter queue", found).await;
}

#[tokio::test]
async fn credentials_are_stored_encrypted_and_open_only_for_their_own_account_and_app() {
    let shop = Shop::open("delivery-vault").await;
    let account = Shop::account(App::MAILCHIMP);
    let stored =
        shop.engine.store.integration(&shop.id, &account, crate::stack::now()).await.expect("the table");
    let sealed = stored.expect("an integration").credentials;
    let bytes = BASE64_STANDARD.decode(&sealed.0).expect("base64");
    assert!(!String::from_utf8_lossy(&bytes).contains(crate::stack::API_KEY));
    let elsewhere = "other-shop".parse().expect("a marketplace");
    let vault = &shop.engine.vault;
    assert!(vault.decrypt(App::MAILCHIMP, &elsewhere, &account, &sealed).await.is_err());
    assert!(vault.decrypt(App::KIT, &shop.id, &account, &sealed).await.is_err());
    assert!(vault.decrypt(App::MAILCHIMP, &shop.id, &account, &sealed).await.is_ok());
}
