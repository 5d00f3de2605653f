//! The bench's purchases, and their results.
use std::time::{Duration, Instant};

use domain::app::App;
use domain::id::{EffectKey, JobId, JobPart};
use domain::job::Job;
use domain::log::JobRecord;
use domain::trigger::Trigger;
use serde_json::{Value, json};
use stack::{Sample, Shop, now};
use tokio::time::sleep;

/// Actions that have not ended after this time count as missing.
const PATIENCE: Duration = Duration::from_mins(5);

/// The most actions of a marketplace.
const MOST: usize = 10_000;

/// Creates a rule that adds the buyer of every product to a list.
pub(crate) async fn add_to_list(shop: &Shop) {
    let action = json!({ "action": "add_to_list", "settings": { "list_id": "demo" } });
    shop.rule("product_purchased_mailchimp", Trigger::ProductPurchased, App::MAILCHIMP, action).await;
}

/// A purchase that occurs now, by a separate buyer.
pub(crate) fn purchase(shop: &Shop, number: usize) -> Sample {
    Sample::read("order-completed.one-item")
        .of(&shop.id)
        .id(&format!("ord_{number}.completed"))
        .email(&email(shop, number))
        .with("/customer/id", format!("cus_{number}"))
        .with("/order/id", format!("ord_{number}"))
        .now()
}

/// The job that sends a purchase to the marketplace's webhook.
pub(crate) fn job(shop: &Shop, number: usize) -> Job {
    let purchase = purchase(shop, number);
    let event = shop.event_id(&purchase);
    let key = EffectKey::of(&[shop.id.as_str(), &number.to_string()]);
    let job = json!({
        "v": "1", "id": JobId { event, part: JobPart::of(&["bench"]) }, "marketplace": shop.id,
        "integration": Shop::account(App::WEBHOOK), "app": App::WEBHOOK, "rule": "rul_bench",
        "trigger": Trigger::OrderCompleted, "action": "send_notify_url_post_for_orders", "settings": {},
        "contact": { "email": email(shop, number) }, "effect": { "key": key.to_string(), "intent": "send" },
        "occurred_at": event.at, "ordered_at": event.at, "payload": purchase.detail,
    });
    serde_json::from_value(job).expect("a job")
}

/// The address of a buyer.
pub(crate) fn email(shop: &Shop, number: usize) -> String {
    format!("buyer-{number}@{}.example.com", shop.id)
}

/// The ended actions in an account, once there are `count` of them or the maximum wait is over.
pub(crate) async fn ended(shop: &Shop, app: App, count: usize) -> Vec<JobRecord> {
    let start = Instant::now();
    loop {
        let found = shop.engine.store.recent_actions(&shop.id, None, None, MOST, now()).await;
        let mut found = found.expect("the Action Log").actions;
        found.retain(|action| action.app == app && action.status.is_final());
        if found.len() >= count || start.elapsed() > PATIENCE {
            return found;
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// The marketplace's buyers on the sandbox's `demo` audience.
pub(crate) async fn members(shop: &Shop) -> Vec<Value> {
    let state = shop.engine.sandbox_get("/_state/mailchimp?list=demo").await;
    let ours = format!("@{}.example.com", shop.id);
    let is_ours = |member: &Value| member["email"].as_str().is_some_and(|email| email.ends_with(&ours));
    let audiences = state["audiences"].as_array().into_iter().flatten();
    let members = audiences.filter_map(|audience| audience["members"].as_array()).flatten();
    members.filter(|member| is_ours(member)).cloned().collect()
}
