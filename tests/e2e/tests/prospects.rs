//! A prospect's timer: it fires once, and not where the buyer has bought.

use domain::app::App;
use domain::id::EventId;
use domain::log::Timer;
use domain::trigger::Trigger;
use serde_json::json;

use crate::stack::{Opens, Sample, Shop, until};

async fn shop(name: &str) -> Shop {
    let shop = Shop::open(name).await;
    let settings = json!({ "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("remind", Trigger::ProspectCreated, App::Mailchimp, settings).await;
    shop
}

fn prospect(id: &str, email: &str) -> Sample {
    Sample::read("prospect-created.left-checkout").id(id).email(email).now()
}

/// A purchase of the product that the prospect looked at.
fn purchase(id: &str, email: &str) -> Sample {
    let product = prospect("any", email).detail["item"]["product_id"].clone();
    Sample::read("order-completed.one-item").id(id).email(email).now().with("/items/0/product_id", product)
}

async fn timer(shop: &Shop, id: EventId) -> Timer {
    let ended = async || {
        let timer = shop.event(id).await.0?.timer?;
        (!matches!(timer, Timer::Waiting { .. })).then_some(timer)
    };
    until("the end of the prospect's delay", ended).await
}

#[tokio::test]
async fn a_prospect_who_does_not_buy_is_reminded_after_the_delay_and_not_before() {
    let shop = shop("prospect-abandons").await;
    let id = shop.publish([prospect("p-1", "leaves@example.com")]).await[0];
    let waiting = until("the timer", async || shop.event(id).await.0?.timer).await;
    let Timer::Waiting { fires_at } = waiting else { panic!("{waiting:?}") };

    assert_eq!(timer(&shop, id).await, Timer::Fired);
    let jobs = shop.ended(id, 1).await;
    assert_eq!(jobs.len(), 1);
    // The scheduler counts in whole seconds.
    assert!(jobs[0].updated_at.as_second() >= fires_at.as_second(), "{jobs:?}");
    assert_eq!(shop.member("leaves@example.com").await.expect("a member")["status"], "subscribed");
}

#[tokio::test]
async fn a_purchase_after_the_prospect_stops_the_reminder() {
    let shop = shop("prospect-buys").await;
    let id = shop.publish([prospect("p-1", "buys@example.com")]).await[0];
    let bought = shop.publish([purchase("o-1", "Buys@Example.com")]).await[0];
    assert_eq!(timer(&shop, id).await, Timer::Bought { event: bought });
    assert!(shop.event(id).await.1.is_empty());
}

#[tokio::test]
async fn a_purchase_that_arrives_before_its_prospect_stops_the_reminder() {
    let shop = shop("prospect-bought").await;
    let bought = shop.publish([purchase("o-1", "first@example.com")]).await[0];
    until("the purchase", async || shop.event(bought).await.0).await;
    let id = shop.publish([prospect("p-1", "first@example.com")]).await[0];
    assert_eq!(timer(&shop, id).await, Timer::Bought { event: bought });
}

#[tokio::test]
async fn a_purchase_of_another_product_does_not_stop_the_reminder() {
    let shop = shop("prospect-other").await;
    let other = purchase("o-1", "other@example.com").with("/items/0/product_id", "another");
    let ids = shop.publish([prospect("p-1", "other@example.com"), other]).await;
    assert_eq!(timer(&shop, ids[0]).await, Timer::Fired);
}

#[tokio::test]
async fn prospects_repeated_within_the_delay_fire_once() {
    let shop = shop("prospect-repeats").await;
    let first = shop.publish([prospect("p-1", "again@example.com")]).await[0];
    until("the timer", async || shop.event(first).await.0?.timer).await;
    let again =
        shop.publish([prospect("p-2", "again@example.com"), prospect("p-3", "AGAIN@example.com")]).await;
    for id in &again {
        assert_eq!(timer(&shop, *id).await, Timer::Joined);
    }
    assert_eq!(timer(&shop, first).await, Timer::Fired);
    shop.ended(first, 1).await;
    for id in again {
        assert!(shop.event(id).await.0.expect("an event").verdicts.is_empty());
    }
}
