//! One fact with many jobs: more than a batch may contain, by count and by size.

use std::collections::BTreeSet;

use domain::app::App;
use domain::log::Status;
use domain::trigger::Trigger;
use serde_json::json;

use crate::stack::{Opens, Sample, Shop, until};

#[tokio::test]
async fn more_jobs_than_a_batch_holds_are_all_performed_once() {
    let shop = Shop::open("fan-out-many").await;
    let sample = Sample::read("order-completed.every-role").id("many").now();
    let lines = sample.detail["items"].as_array().expect("items").len();
    for rule in 0..12 {
        let action = json!({ "action": "send_notify_url_post" });
        shop.rule(&format!("n{rule}"), Trigger::ProductPurchased, App::WEBHOOK, action).await;
    }
    // Twelve rules that send the same message to the same receiver are one delivery for each line.
    let id = shop.publish([sample]).await[0];
    let jobs = shop.ended(id, lines).await;
    assert_eq!(jobs.len(), lines);

    // Thirty tags are thirty different effects.
    let tags: Vec<_> = (0..30).map(|tag| format!("tag {tag}")).collect();
    let email = "thirty@example.com";
    let seed =
        json!({ "audiences": [{ "id": "demo", "members": [{ "email": email, "status": "subscribed" }] }] });
    shop.engine.sandbox_post("/_state/mailchimp", &seed).await;
    let action = json!({ "action": "add_tag", "settings": { "list_id": "demo", "tag": tags } });
    shop.rule("tags", Trigger::CheckoutCharged, App::MAILCHIMP, action).await;
    let id = shop.publish([Sample::read("checkout-charged.one-item").id("tags").email(email).now()]).await[0];
    let jobs = shop.ended(id, 30).await;
    assert!(jobs.len() == 30 && jobs.iter().all(|job| job.status == Status::Performed), "{jobs:?}");
    let member = shop.member(email).await.expect("a member");
    assert_eq!(member["tags"].as_array().map(Vec::len), Some(30));
}

#[tokio::test]
async fn jobs_that_weigh_more_than_a_message_may_are_all_delivered() {
    let shop = Shop::open("fan-out-heavy").await;
    let heavy = "x".repeat(9_000);
    let mut sample = Sample::read("order-completed.every-role").id("heavy").now();
    let fields: serde_json::Map<_, _> = (0..14).map(|n| (format!("answer {n}"), json!(heavy))).collect();
    sample = sample.with("/order/custom_fields", fields);
    let items = sample.detail["items"].as_array().expect("items").clone();
    let lines: Vec<_> = (0..3)
        .flat_map(|round| {
            items.iter().enumerate().map(move |(index, item)| {
                let mut item = item.clone();
                item["line_id"] = json!(format!("{round}-{index}"));
                item
            })
        })
        .collect();
    let count = lines.len();
    sample = sample.with("/items", lines);
    assert!(sample.detail.to_string().len() * count > 5 * 256 * 1024);
    shop.rule("heavy", Trigger::ProductPurchased, App::WEBHOOK, json!({ "action": "send_notify_url_post" }))
        .await;

    let id = shop.publish([sample]).await[0];
    shop.ended(id, count).await;
    let deliveries =
        until("every delivery", async || Some(shop.deliveries().await).filter(|d| d.len() >= count)).await;
    let lines: BTreeSet<_> =
        deliveries.iter().map(|one| one["body"]["data"]["item"]["line_id"].to_string()).collect();
    assert_eq!((deliveries.len(), lines.len()), (count, count));
}
