//! The log: the entries that merchants find, and expired entries, which are gone even before the table deletes them.

use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use domain::app::App;
use domain::id::EventId;
use domain::trigger::Trigger;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::stack::{Opens, Sample, Shop, now};

/// How often the event is found through the event itself, its buyer's timeline, the marketplace's events and its
/// actions.
async fn sightings(shop: &Shop, id: EventId) -> [usize; 6] {
    let store = &shop.engine.store;
    let (event, jobs) = shop.event(id).await;
    let since = now() - SignedDuration::from_hours(24);
    let (events, actions) =
        store.buyer_timeline(&shop.id, id.buyer, since, now()).await.expect("the timeline");
    let listed = store.events(&shop.id, 100, now()).await.expect("the events");
    let recent = store.recent_actions(&shop.id, None, None, 100, now()).await.expect("the actions");
    assert_eq!((recent.read_since, recent.older_exceptions.len()), (None, 0));
    let started = recent.actions.len();
    [usize::from(event.is_some()), jobs.len(), events.len(), actions.len(), listed.len(), started]
}

async fn expire(shop: &Shop, pk: &str, sk: &str) {
    let past = (now() - SignedDuration::from_secs(1)).as_second();
    let request = shop.engine.table.update_item().table_name(&shop.engine.outputs.table);
    let request = request.key("pk", S(pk.to_owned())).key("sk", S(sk.to_owned()));
    let request = request.update_expression("SET #ttl = :past").condition_expression("attribute_exists(pk)");
    let request = request
        .expression_attribute_names("#ttl", "ttl")
        .expression_attribute_values(":past", N(past.to_string()));
    request.send().await.expect("the item is there");
}

#[tokio::test]
async fn an_event_and_its_actions_are_found_by_every_path_until_they_expire() {
    let shop = Shop::open("logs-expire").await;
    let action = json!({ "action": "send_notify_url_post_for_orders" });
    shop.rule("tell", Trigger::OrderCompleted, App::WEBHOOK, action).await;
    let sample = Sample::read("order-completed.one-item").id("expires").email("Expires@Example.com").now();
    let id = shop.publish([sample]).await[0];
    assert_eq!(id.buyer, shop.buyer("expires@example.com"));
    let job = shop.ended(id, 1).await.remove(0);
    assert_eq!(sightings(&shop, id).await, [1; 6]);

    let query = shop.engine.table.query().table_name(&shop.engine.outputs.table);
    let buyer = format!("{}#BUYER#{}", shop.id, id.buyer);
    let found =
        query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", S(buyer)).send().await;
    let items = found.expect("the table").items.unwrap_or_default();
    assert_eq!(items.len(), 2, "one item for the event and one for {}", job.id);
    for item in items {
        let text = |name: &str| item[name].as_s().expect("a key").clone();
        let ttl: i64 = item["ttl"].as_n().expect("a ttl").parse().expect("a number");
        let days = Timestamp::from_second(ttl).expect("a time").duration_since(now()).as_hours() / 24;
        assert!((34..=35).contains(&days), "{days}");
        expire(&shop, &text("pk"), &text("sk")).await;
    }
    assert_eq!(sightings(&shop, id).await, [0; 6]);
}
