//! An example of a fact that fires a trigger, for previews and tests of rules: a sample of the contract with producers,
//! about a given contact and a product of the rule.

use domain::digest::DigestSecret;
use domain::fact::Fact;
use domain::id::MarketplaceId;
use domain::job::{Contact, Job};
use domain::log::EventRecord;
use domain::plan::event_id;
use domain::rule::Rule;
use domain::trigger::Trigger;
use jiff::Timestamp;
use serde_json::{Value, json};
use triggers::registry;

use crate::firings::{Firings, Silent};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../events/samples/", $name, ".json"))
    };
}

/// A sample that fires a trigger, as the producers' entry for the bus.
fn sample(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::ProductPurchased | Trigger::OrderCompleted => sample!("order-completed.one-item"),
        Trigger::ProductRefunded => sample!("charge-refunded.full"),
        Trigger::ProductPartiallyRefunded => sample!("charge-refunded.partial"),
        Trigger::ProductAddedToOrder => sample!("product-added-to-order.one-item"),
        Trigger::ProspectCreated => sample!("prospect-created.left-checkout"),
        Trigger::SubscriptionStarted => sample!("subscription-charged.first-recurring-charge"),
        Trigger::SubscriptionCharged => sample!("subscription-charged.rebill"),
        Trigger::SubscriptionChargeFailed => sample!("subscription-charge-failed.first-failure"),
        Trigger::SubscriptionRecovered => sample!("subscription-charged.dunning-recovery"),
        Trigger::SubscriptionDelinquent => sample!("subscription-status-changed.delinquent"),
        Trigger::SubscriptionCanceled => sample!("subscription-status-changed.canceled-by-customer"),
        Trigger::SubscriptionRestarted => sample!("subscription-status-changed.restarted-from-canceled"),
        Trigger::SubscriptionCompleted => sample!("subscription-charged.last-of-limited-plan"),
        Trigger::SubscriptionChargeRefunded => sample!("charge-refunded.subscription-full"),
        Trigger::SubscriptionChargePartiallyRefunded => sample!("charge-refunded.subscription-partial"),
        Trigger::UpsellPurchased => sample!("order-completed.every-role"),
        Trigger::CheckoutCharged => sample!("checkout-charged.one-item"),
        Trigger::CheckoutFailed => sample!("checkout-failed.card-declined"),
        Trigger::SubscriptionCancelScheduled => sample!("subscription-cancel-scheduled.by-customer"),
        Trigger::SubscriptionCancelScheduledStopped => {
            sample!("subscription-cancel-scheduled-stopped.by-customer")
        }
        Trigger::LeadAdded => sample!("lead-added.of-a-product"),
        Trigger::CourseStudentAdded => sample!("course-student-added.of-a-product"),
        Trigger::CourseStudentRemoved => sample!("course-student-removed.of-a-product"),
        Trigger::CourseStudentStarted => sample!("course-student-started.of-a-product"),
        Trigger::CourseStudentFinished => sample!("course-student-finished.of-a-product"),
    }
}

/// An event that fires a rule's trigger now, in test mode, about the contact and about the first product that the rule
/// names. `id`: the id of the fact, which also is the order's.
pub(crate) fn event(
    secret: &DigestSecret,
    m: &MarketplaceId,
    rule: &Rule,
    contact: &Contact,
    id: &str,
    now: Timestamp,
) -> Result<EventRecord, Silent> {
    let definition = registry::definition(rule.trigger).ok_or(Silent::Fact)?;
    let detail = detail(m, rule, contact, id, now).ok_or(Silent::Unreadable)?;
    let fact = Fact::parse(definition.fact.detail_type(), &detail).map_err(|_| Silent::Unreadable)?;
    Ok(EventRecord {
        id: event_id(secret, &fact),
        marketplace: m.clone(),
        fact_id: id.to_owned(),
        detail_type: definition.fact.published().detail_type().to_owned(),
        email: fact.common.customer.email.to_string(),
        occurred_at: fact.common.occurred_at,
        received_at: now,
        detail,
        verdicts: std::collections::BTreeMap::new(),
        unstored: std::collections::BTreeMap::new(),
        timer: None,
    })
}

fn detail(m: &MarketplaceId, rule: &Rule, contact: &Contact, id: &str, now: Timestamp) -> Option<String> {
    let entries: Value = serde_json::from_str(sample(rule.trigger)).ok()?;
    let mut detail: Value = serde_json::from_str(entries[0]["Detail"].as_str()?).ok()?;
    detail["id"] = json!(id);
    detail["marketplace_id"] = json!(m);
    detail["occurred_at"] = json!(now);
    detail["test_mode"] = json!(true);
    detail["customer"] = json!({ "id": id, "email": contact.email });
    for (name, text) in [("first_name", &contact.first_name), ("last_name", &contact.last_name)] {
        if let Some(text) = text {
            detail["customer"][name] = json!(text);
        }
    }
    if let Some(order) = detail.pointer_mut("/order/id") {
        *order = json!(id);
    }
    if let Some(product) = rule.scope.products().first() {
        let lines = detail["items"].as_array().map_or(0, Vec::len);
        let places = (0..lines).map(|index| format!("/items/{index}/product_id"));
        let one = ["/item", "/course", "/page"].map(|of| format!("{of}/product_id"));
        for place in places.chain(one) {
            if let Some(named) = detail.pointer_mut(&place) {
                *named = json!(product);
            }
        }
    }
    Some(detail.to_string())
}

/// The actions that a rule requests for an event, as if it were enabled and had no conditions. A prospect is assumed
/// not to have bought.
pub(crate) fn jobs(secret: &DigestSecret, event: &EventRecord, rule: &Rule) -> Result<Vec<Job>, Silent> {
    let firings = Firings::after_wait(event, rule.trigger)?;
    let rules = std::slice::from_ref(rule);
    let asked: Vec<_> = firings.asked(rules, secret).collect();
    Ok(firings.input(rules, secret).jobs(asked).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{rule, secret};

    fn contact() -> Contact {
        let first_name = Some("Grace".to_owned());
        Contact {
            email: "grace@example.com".to_owned(),
            first_name,
            last_name: None,
            phone: None,
            address: None,
        }
    }

    #[test]
    fn every_trigger_has_an_example_that_fires_it_for_the_contact_and_the_rules_product() {
        let now = "2026-11-22T04:22:35Z".parse().unwrap();
        for trigger in Trigger::ALL {
            for products in [&["spelt"][..], &[]] {
                let mut rule = rule("rul_1", trigger.key(), products);
                if products.is_empty() {
                    rule.scope = domain::rule::Scope::Global;
                }
                let m = rule.marketplace.clone();
                let event = event(&secret(), &m, &rule, &contact(), "test_1", now).unwrap();
                let jobs = jobs(&secret(), &event, &rule).unwrap();
                let [job] = &jobs[..] else { panic!("{trigger}: {jobs:?}") };
                assert_eq!(job.id.event, event.id, "{trigger}");
                assert_eq!(job.contact.email, "grace@example.com", "{trigger}");
                assert_eq!(job.contact.first_name.as_deref(), Some("Grace"), "{trigger}");
                assert!(job.test_mode && job.occurred_at == now, "{trigger}");
            }
        }
    }
}
