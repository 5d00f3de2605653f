//! Jobs of Add Purchase as the planner makes them from the samples of facts.

use std::path::Path;

use domain::fact::Fact;
use domain::firing::Subject;
use domain::job::Job;
use domain::manifest::Catalog;
use domain::plan::{Input, draft, event_id};
use domain::trigger::Trigger;
use serde_json::{Value, json};

/// A job for each line of an order.
pub(crate) fn sold(sample: &str) -> Vec<Job> {
    jobs(&mut read(sample), Trigger::ProductPurchased)
}

/// The job of a recurring charge of so many cents.
pub(crate) fn charge(cents: u64) -> Job {
    let mut event = read("subscription-charged.rebill");
    event["Detail"]["amount"]["amount"] = json!(cents);
    jobs(&mut event, Trigger::SubscriptionCharged).remove(0)
}

fn read(sample: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../../events/samples/{sample}.json"));
    let entries: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut event = entries[0].clone();
    event["Detail"] = serde_json::from_str(event["Detail"].as_str().unwrap()).unwrap();
    event
}

fn jobs(event: &mut Value, trigger: Trigger) -> Vec<Job> {
    let detail = event["Detail"].take();
    let fact = Fact::parse(event["DetailType"].as_str().unwrap(), &detail.to_string()).unwrap();
    let rule = json!({
        "id": "rul_1", "marketplace": "demo", "scope": {"kind": "global"}, "trigger": trigger, "integration": "int_1",
        "app": "kit", "action": "add_purchase", "enabled": true,
    });
    let firings: Vec<_> = fact.items().map(|(index, _)| Subject::Line(index)).collect();
    let rules = [serde_json::from_value(rule).unwrap()];
    let catalog = Catalog::get();
    let received_at = fact.common.occurred_at;
    let secret = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let input = Input {
        fact: &fact,
        event: event_id(&secret, &fact),
        secret: &secret,
        detail: &detail.to_string(),
        received_at,
        trigger,
        firings: &firings,
        rules: &rules,
        catalog,
    };
    draft(input).jobs().collect()
}
