//! Facts that break the contract are stored with the reason and delay no other fact.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use domain::app::App;
use domain::log::Status;
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::stack::{Caller, Opens, Sample, Shop, now, until};

#[tokio::test]
async fn a_fact_that_breaks_the_contract_is_kept_with_the_reason_and_later_facts_are_unaffected() {
    let shop = Shop::open("facts-invalid").await;
    let add = json!({ "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("add", Trigger::OrderCompleted, App::MAILCHIMP, add).await;

    let good = Sample::read("order-completed.one-item").of(&shop.id);
    let mut nobodys = good.clone().id("facts-1").detail;
    nobodys.as_object_mut().expect("an object").remove("marketplace_id");
    let wrong = good.clone().id("facts-2").with("/order/total/amount", "49.00").detail;
    let nonsense = json!({ "id": "facts-3", "nonsense": "x".repeat(250_000) });
    let unknown = json!({ "id": "facts-4", "marketplace_id": shop.id });
    let misfit = Sample::read("subscription-charge-failed.first-failure").of(&shop.id).id("facts-5");
    let misfit = misfit.with("/consecutive_failures", "one").detail;
    let status = Sample::read("subscription-status-changed.restarted-from-canceled").of(&shop.id);
    let actor = status.clone().id("facts-7").with("/by", "robot").detail;
    let status = status.id("facts-6").with("/from", "cancelled").detail;
    let expected = [
        ("facts-1", "Order Completed", nobodys, "`marketplace_id` is missing"),
        ("facts-2", "Order Completed", wrong, "`order.total.amount`"),
        ("facts-3", "Order Completed", nonsense, "`marketplace_id` is missing"),
        ("facts-4", "Order Complete", unknown, "detail-type"),
        ("facts-5", "Subscription Charge Failed", misfit, "consecutive_failures"),
        ("facts-6", "Subscription Status Changed", status, "`from`"),
        ("facts-7", "Subscription Status Changed", actor, "`by`"),
    ];
    publish(&shop, &expected).await;
    let id = shop.publish([good.id("facts-good").email("unaffected@example.com").now()]).await[0];
    assert_eq!(shop.ended(id, 1).await[0].status, Status::Performed);

    are_kept(&shop, &expected).await;
}

/// A fact's id, its name, its detail, and the expected reason.
type Refused = (&'static str, &'static str, Value, &'static str);

async fn publish(shop: &Shop, refused: &[Refused]) {
    for (_, detail_type, detail, _) in refused {
        let request = shop.engine.bus.put_events().entries(shop.entry(detail_type, &detail.to_string()));
        assert_eq!(request.send().await.expect("EventBridge").failed_entry_count, 0);
    }
}

async fn are_kept(shop: &Shop, refused: &[Refused]) {
    let queue = &shop.engine.outputs.facts_queue_url;
    for (fact, _, _, reason) in refused {
        let what = format!("{fact} in the facts queue");
        let taken = until(&what, async || {
            let id = format!("\"{fact}\"");
            let taken = shop.engine.take(queue, |body| body.contains(&id)).await;
            taken.into_iter().next()
        });
        let kept: Value = serde_json::from_str(&taken.await).expect("JSON");
        assert!(kept["reason"].as_str().expect("a reason").contains(reason), "{fact}: {}", kept["reason"]);
        assert_eq!(kept["event"]["detail"]["id"], *fact);
    }
}

#[tokio::test]
async fn a_fact_that_fires_nothing_and_breaks_the_contract_is_kept_too() {
    let shop = Shop::open("facts-misfits").await;
    let failure = Sample::read("subscription-charge-failed.second-failure").of(&shop.id);
    let paused = Sample::read("subscription-status-changed.paused").of(&shop.id);
    let without = |sample: &Sample, id: &str, field: &str| {
        let mut detail = sample.clone().id(id).detail;
        detail.as_object_mut().expect("an object").remove(field);
        detail
    };
    let half = failure.clone().id("misfit-1").with("/consecutive_failures", 1.5).detail;
    let nameless = paused.clone().id("misfit-5").with("/customer/email", Value::Null).detail;
    let expected = [
        ("misfit-1", "Subscription Charge Failed", half, "`consecutive_failures`"),
        (
            "misfit-2",
            "Subscription Charge Failed",
            without(&failure, "misfit-2", "marketplace_id"),
            "required field",
        ),
        ("misfit-3", "Subscription Charge Failed", without(&failure, "misfit-3", "amount"), "required field"),
        (
            "misfit-4",
            "Subscription Status Changed",
            without(&paused, "misfit-4", "marketplace_id"),
            "required field",
        ),
        ("misfit-5", "Subscription Status Changed", nameless, "required field"),
    ];
    publish(&shop, &expected).await;
    are_kept(&shop, &expected).await;
}

#[tokio::test]
async fn a_fact_with_another_source_is_kept_with_the_source_and_stays_until_the_source_is_known() {
    let shop = Shop::open("facts-source").await;
    let add = json!({ "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("add", Trigger::OrderCompleted, App::MAILCHIMP, add).await;
    let order = Sample::read("order-completed.one-item").of(&shop.id).now();
    let known = order.clone().id("source-0").email("courses@example.com");
    let entry = shop.entry_from("courses", "Order Completed", &known.detail.to_string());
    let sent = shop.engine.bus.put_events().entries(entry).send().await.expect("EventBridge");
    assert_eq!(sent.failed_entry_count, 0);
    assert_eq!(shop.ended(shop.event_id(&known), 1).await[0].status, Status::Performed);
    let sources = [("source-1", "comerce"), ("source-2", "integration-engine")];
    for (id, source) in sources {
        let detail = order.clone().id(id).detail.to_string();
        let entry = shop.entry_from(source, "Order Completed", &detail);
        let sent = shop.engine.bus.put_events().entries(entry).send().await.expect("EventBridge");
        assert_eq!(sent.failed_entry_count, 0);
    }
    for (id, source) in sources {
        let listed = async |what: &str| {
            until(what, async || {
                let seen = shop.engine.call(Caller::Operator, "GET", "/operator/facts?limit=100", None).await;
                let seen = seen.expect(200);
                seen["items"].as_array().expect("a list").iter().find(|fact| fact["fact_id"] == id).cloned()
            })
            .await
        };
        let kept = listed("the fact in the operator's list").await;
        let reason = kept["reason"].as_str().expect("a reason");
        let expected = format!("source {source} is not among the known sources (commerce, courses)");
        assert!(reason.starts_with(&expected), "{reason}");
        assert!(kept["stays"].as_str().expect("a reason").contains("the stack's parameter Source"), "{kept}");
        assert_eq!(
            (&kept["detail_type"], &kept["marketplace_id"]),
            (&json!("Order Completed"), &json!(shop.id))
        );
        let said = until("the fact in `engine facts`", async || {
            let said = shop.engine(&["facts", "--json", "--max", "100"]).await;
            said.lines().find(|line| line.contains(id)).map(str::to_owned)
        });
        assert!(said.await.contains(&expected));
    }
    // A redrive would put it back into the queue, so it publishes nothing.
    shop.engine(&["redrive", "facts"]).await;
    let queue = &shop.engine.outputs.facts_queue_url;
    for (id, _) in sources {
        let marker = format!("\"{id}\"");
        let taken = until("the fact in the queue", async || {
            Some(shop.engine.take(queue, |body| body.contains(&marker)).await)
                .filter(|taken| !taken.is_empty())
        });
        assert_eq!(taken.await.len(), 1);
        assert!(shop.event(shop.event_id(&order.clone().id(id))).await.0.is_none(), "no trigger was invoked");
    }
}

#[tokio::test]
async fn a_fact_of_the_future_or_of_too_many_bytes_is_kept_by_whoever_takes_it_in() {
    let shop = Shop::open("facts-arrival").await;
    let add = json!({ "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("add", Trigger::OrderCompleted, App::MAILCHIMP, add).await;
    let order = Sample::read("order-completed.one-item").of(&shop.id);
    let future = |sample: &Sample, id: &str| {
        let at = now() + SignedDuration::from_mins(16);
        sample.clone().id(id).with("/occurred_at", at.to_string()).detail
    };
    let heavy = order.clone().id("arrival-4").with("/more", "x".repeat(256_000)).detail;
    let prospect = Sample::read("prospect-created.left-checkout").of(&shop.id);
    let product = Sample::read("product-saved.live").of(&shop.id);
    let expected = [
        ("arrival-1", "Order Completed", future(&order, "arrival-1"), "`occurred_at` is 2"),
        ("arrival-2", "Prospect Created", future(&prospect, "arrival-2"), "publish the fact again"),
        ("arrival-3", "Product Saved", future(&product, "arrival-3"), "ahead of the engine's clock"),
        ("arrival-4", "Order Completed", heavy, "the limit is 256000"),
    ];
    publish(&shop, &expected).await;
    let soon = (now() + SignedDuration::from_mins(14)).to_string();
    let taken = order.id("arrival-5").email("soon@example.com").with("/occurred_at", soon);
    let id = shop.publish([taken]).await[0];
    assert_eq!(shop.ended(id, 1).await[0].status, Status::Performed);
    are_kept(&shop, &expected).await;
    assert_eq!(shop.engine.store.events(&shop.id, 10, now()).await.expect("the log").len(), 1);
}

#[tokio::test]
async fn half_an_emoji_is_acted_on_and_what_is_nested_too_deep_is_kept_with_its_name() {
    let shop = Shop::open("facts-text").await;
    let add = json!({ "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("add", Trigger::OrderCompleted, App::MAILCHIMP, add).await;
    let order = Sample::read("order-completed.one-item").of(&shop.id).now();
    let half = order.clone().id("text-1").email("half@example.com");
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for (sample, more) in [(&half, r#""\ud83d""#), (&order.id("text-2"), nested.as_str())] {
        let detail = sample.detail.to_string().replacen('{', &format!("{{\"more\":{more},"), 1);
        let request = shop.engine.bus.put_events().entries(shop.entry(&sample.detail_type, &detail));
        assert_eq!(request.send().await.expect("EventBridge").failed_entry_count, 0);
    }
    assert_eq!(shop.ended(shop.event_id(&half), 1).await[0].status, Status::Performed);

    let queue = &shop.engine.outputs.facts_queue_url;
    let kept = until("text-2 in the facts queue", async || {
        shop.engine.take(queue, |body| body.contains("\"text-2\"")).await.into_iter().next()
    });
    let kept = kept.await;
    for part in ["Order Completed", "cannot be read", &nested] {
        assert!(kept.contains(part), "{part}: {kept}");
    }
    // The fact is nested too deep to be parsed here. Whichever of its two triggers ran first has stored it.
    let by = |trigger: Trigger| kept.contains(&format!(r#""trigger":"{trigger}""#));
    assert!(by(Trigger::OrderCompleted) != by(Trigger::ProductPurchased), "{kept}");
}

#[tokio::test]
async fn a_fact_with_more_verdicts_than_an_event_holds_is_acted_on_once_and_stored() {
    let shop = Shop::open("facts-verdicts").await;
    let mut add = json!({ "action": "add_to_list", "settings": { "list_id": "demo" }, "enabled": false });
    for number in 0..40 {
        shop.rule(&format!("off_{number}"), Trigger::ProductPurchased, App::MAILCHIMP, add.clone()).await;
    }
    add["enabled"] = json!(true);
    add["scope"] = json!({ "kind": "products", "products": ["the-last"] });
    let on = shop.rule("on", Trigger::ProductPurchased, App::MAILCHIMP, add).await;

    let order = Sample::read("order-completed.one-item").email("lines@example.com").now();
    let line = |number: usize| {
        let mut line = order.detail["items"][0].clone();
        line["line_id"] = json!(format!("{number:0>128}"));
        line["product_id"] = json!(if number == 99 { "the-last" } else { "another" });
        line
    };
    let items: Vec<Value> = (0..100).map(line).collect();
    let id = shop.publish([order.with("/items", items)]).await[0];
    let event = shop.decided(id, Trigger::ProductPurchased).await;
    let verdicts = &event.verdicts[&Trigger::ProductPurchased];
    assert!(verdicts.len() > 100, "{}", verdicts.len());
    assert_eq!(verdicts.len() + event.unstored[&Trigger::ProductPurchased], 4100);
    let fired = verdicts.iter().find(|judged| matches!(judged.verdict, Verdict::Fired { .. }));
    assert_eq!(fired.expect("the rule that fired").rule, on);
    assert_eq!(shop.ended(id, 1).await.len(), 1);
}

#[tokio::test]
async fn an_event_that_a_trigger_fails_on_reaches_the_facts_queue_after_lambdas_own_retries() {
    let shop = Shop::open("facts-failed").await;
    let payload = json!({ "not": "an event", "marker": "facts-failed-invocation" });
    let function = &shop.engine.outputs.functions["order_completed"];
    let request = shop.engine.lambda.invoke().function_name(function).invocation_type(InvocationType::Event);
    request.payload(Blob::new(payload.to_string())).send().await.expect("Lambda");

    let queue = &shop.engine.outputs.facts_queue_url;
    let kept = until("the failed event in the facts queue", async || {
        shop.engine.take(queue, |body| body.contains("facts-failed-invocation")).await.into_iter().next()
    });
    let kept: Value = serde_json::from_str(&kept.await).expect("JSON");
    assert_eq!(kept["requestPayload"], payload);
    assert_eq!(kept["requestContext"]["condition"], "RetriesExhausted");
}
