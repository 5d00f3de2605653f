//! A prospect's timer: it fires once, and not if the buyer has bought.

use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, ScheduleState, Target};
use domain::app::App;
use domain::fact::prospect::TimerNames;
use domain::id::EventId;
use domain::log::Timer;
use domain::trigger::Trigger;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::stack::{Opens, Portal, Sample, Shop, now, until};

async fn shop(name: &str) -> Shop {
    let shop = Shop::open(name).await;
    let settings = json!({ "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("remind", Trigger::ProspectCreated, App::MAILCHIMP, settings).await;
    shop
}

fn prospect(id: &str, email: &str) -> Sample {
    Sample::read("prospect-created.left-checkout").id(id).email(email).now()
}

/// A purchase of the prospect's product.
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
    let Timer::Waiting { fires_at, .. } = waiting else { panic!("{waiting:?}") };

    assert_eq!(timer(&shop, id).await, Timer::Fired { at: fires_at });
    let jobs = shop.ended(id, 1).await;
    assert_eq!(jobs.len(), 1);
    // The scheduler has a precision of one second.
    assert!(jobs[0].updated_at.as_second() >= fires_at.as_second(), "{jobs:?}");
    assert_eq!(shop.member("leaves@example.com").await.expect("a member")["status"], "subscribed");
}

#[tokio::test]
async fn a_purchase_after_the_prospect_stops_the_reminder() {
    let shop = shop("prospect-buys").await;
    in_time(async |number| {
        let id =
            shop.publish([prospect(&format!("p-{number}"), &format!("buys{number}@example.com"))]).await[0];
        let purchase = purchase(&format!("o-{number}"), &format!("Buys{number}@Example.com"));
        let bought = shop.publish([purchase]).await[0];
        came_in_time(&shop, id, bought).await.then_some(())?;
        assert_eq!(timer(&shop, id).await, Timer::Bought { event: bought });
        assert!(shop.event(id).await.1.is_empty());
        Some(())
    })
    .await;
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
    assert!(matches!(timer(&shop, ids[0]).await, Timer::Fired { .. }));
}

#[tokio::test]
async fn test_and_live_prospects_wait_apart_and_a_purchase_stops_those_of_its_own_mode() {
    let shop = shop("prospect-modes").await;
    in_time(async |number| {
        let email = format!("modes{number}@example.com");
        let test = prospect(&format!("p-test{number}"), &email).with("/test_mode", true);
        let live = prospect(&format!("p-live{number}"), &email).with("/test_mode", false);
        let bought = purchase(&format!("o-{number}"), &email).with("/test_mode", false);
        let ids = shop.publish([test, live, bought]).await;
        came_in_time(&shop, ids[1], ids[2]).await.then_some(())?;
        assert!(matches!(timer(&shop, ids[0]).await, Timer::Fired { .. }));
        assert_eq!(timer(&shop, ids[1]).await, Timer::Bought { event: ids[2] });
        Some(())
    })
    .await;
}

#[tokio::test]
async fn prospects_repeated_within_the_delay_fire_once() {
    let shop = shop("prospect-repeats").await;
    in_time(async |number| {
        let prospect =
            |id: &str, who: &str| prospect(&format!("{id}-{number}"), &format!("{who}{number}@example.com"));
        let first = shop.publish([prospect("p-1", "again")]).await[0];
        until("the timer", async || shop.event(first).await.0?.timer).await;
        let long = prospect("p-2", "again").with("/customer/first_name", "a".repeat(300));
        let again = shop.publish([long, prospect("p-3", "AGAIN")]).await;
        for id in &again {
            came_in_time(&shop, first, *id).await.then_some(())?;
            assert!(matches!(timer(&shop, *id).await, Timer::Joined { event, .. } if event == first));
        }
        let portal = Portal::open(&shop.engine, shop.id.as_str(), "read").await;
        let notes = portal.get(&format!("/v1/events/{}", again[0])).await.expect(200)["notes"].to_string();
        assert!(notes.contains("has 300 characters") && notes.contains(&first.to_string()), "{notes}");
        assert!(matches!(timer(&shop, first).await, Timer::Fired { .. }));
        shop.ended(first, 1).await;
        for id in again {
            assert!(shop.event(id).await.0.expect("an event").verdicts.is_empty());
        }
        Some(())
    })
    .await;
}

/// Tries the steps that must happen within the delay with one buyer after another, until they were in time for one
/// buyer.
async fn in_time<T>(attempt: impl AsyncFn(u32) -> Option<T>) -> T {
    let mut number = 0;
    until("the steps within the delay", async || {
        number += 1;
        attempt(number).await
    })
    .await
}

/// Whether a fact was stored before the prospect's delay was over, with a second to spare.
async fn came_in_time(shop: &Shop, prospect: EventId, fact: EventId) -> bool {
    let received = async |id: EventId| until("the event", async || shop.event(id).await.0).await.received_at;
    let left = delay(shop).await - received(fact).await.duration_since(received(prospect).await);
    left > SignedDuration::from_secs(1)
}

/// The value of the stack's parameter.
async fn delay(shop: &Shop) -> SignedDuration {
    let function = &shop.engine.outputs.functions["prospects"];
    let request = shop.engine.lambda.get_function_configuration().function_name(function);
    let variables = request.send().await.expect("Lambda").environment.and_then(|found| found.variables);
    let seconds = variables.expect("an environment")["PROSPECT_DELAY_SECONDS"].parse();
    SignedDuration::from_secs(seconds.expect("a number"))
}

/// Creates a schedule with this name and time that fires nothing.
async fn leave(shop: &Shop, name: &str, at: Timestamp) {
    let client = aws_sdk_scheduler::Client::new(&shop.engine.sdk);
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().expect("a window");
    let earlier = prospect("earlier", "earlier@example.com").of(&shop.id);
    let matured = json!({ "matured": { "detail-type": earlier.detail_type, "detail": earlier.detail } });
    let target = Target::builder()
        .arn("arn:aws:sqs:us-east-1:000000000000:none")
        .input(matured.to_string())
        .role_arn("arn:aws:iam::000000000000:role/none");
    let request =
        client.create_schedule().name(name).group_name(format!("{}-prospects", shop.engine.outputs.stack));
    request
        .schedule_expression(at.strftime("at(%Y-%m-%dT%H:%M:%S)").to_string())
        .flexible_time_window(window)
        .target(target.build().expect("a target"))
        .state(ScheduleState::Disabled)
        .send()
        .await
        .expect("a schedule");
}

/// The timer of a prospect who arrives while the schedule of the previous interval exists and has `ends` to go, and
/// that schedule's name.
async fn after(shop: &Shop, who: &str, ends: SignedDuration) -> (Timer, String) {
    let delay = delay(shop).await;
    in_time(async |number| {
        let prospect = prospect(&format!("{who}-{number}"), &format!("{who}{number}@example.com"));
        let buyer = shop.buyer(&format!("{who}{number}@example.com"));
        let product = prospect.detail["item"]["product_id"].as_str().expect("an id").parse().expect("an id");
        let test_mode = prospect.detail["test_mode"] == true;
        let names = || TimerNames::at(now(), delay, &shop.id, buyer, &product, test_mode);
        let then = names();
        leave(shop, &then.last, now() + ends).await;
        let id = shop.publish([prospect]).await[0];
        let timer = until("the timer", async || shop.event(id).await.0?.timer).await;
        // The prospect was certainly handled in the same interval.
        (names() == then).then_some((timer, then.last))
    })
    .await
}

#[tokio::test]
async fn a_prospect_joins_a_timer_that_runs_and_none_that_is_over_and_not_deleted_yet() {
    let shop = shop("prospect-gap").await;
    let (timer, _) = after(&shop, "over", SignedDuration::from_secs(-1)).await;
    assert!(matches!(timer, Timer::Waiting { .. }), "{timer:?}");
    let (timer, name) = after(&shop, "runs", SignedDuration::from_secs(60)).await;
    assert!(matches!(timer, Timer::Joined { name: joined, .. } if joined == name));
}
