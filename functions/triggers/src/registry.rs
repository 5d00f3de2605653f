//! All triggers. Tests compare the template's functions and `functions/README.md` with this list.

use domain::fact::Fact;
use domain::trigger::Trigger;

use crate::definition::Definition;
use crate::{courses, orders, prospects, refunds, subscriptions};

/// Each trigger has one definition.
pub const DEFINITIONS: &[Definition] = &[
    orders::checkout_charged::DEFINITION,
    orders::checkout_failed::DEFINITION,
    orders::order_completed::DEFINITION,
    orders::product_purchased::DEFINITION,
    orders::upsell_purchased::DEFINITION,
    orders::product_added_to_order::DEFINITION,
    refunds::product_refunded::DEFINITION,
    refunds::product_partially_refunded::DEFINITION,
    refunds::subscription_charge_refunded::DEFINITION,
    refunds::subscription_charge_partially_refunded::DEFINITION,
    prospects::prospect_created::DEFINITION,
    prospects::lead_added::DEFINITION,
    subscriptions::subscription_charged::DEFINITION,
    subscriptions::subscription_started::DEFINITION,
    subscriptions::subscription_recovered::DEFINITION,
    subscriptions::subscription_completed::DEFINITION,
    subscriptions::subscription_charge_failed::DEFINITION,
    subscriptions::subscription_canceled::DEFINITION,
    subscriptions::subscription_delinquent::DEFINITION,
    subscriptions::subscription_restarted::DEFINITION,
    subscriptions::subscription_cancel_scheduled::DEFINITION,
    subscriptions::subscription_cancel_scheduled_stopped::DEFINITION,
    courses::course_student_added::DEFINITION,
    courses::course_student_removed::DEFINITION,
    courses::course_student_started::DEFINITION,
    courses::course_student_finished::DEFINITION,
];

/// The definition of one trigger.
pub fn definition(trigger: Trigger) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.trigger == trigger)
}

/// Whether a fact fires none of the triggers of its kind, for example because a status did not change.
pub fn fires_nothing(fact: &Fact) -> bool {
    let mut listening = DEFINITIONS.iter().filter(|definition| definition.fact == fact.kind());
    listening.all(|definition| (definition.fires)(fact).is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_trigger_has_one_definition() {
        let mut defined: Vec<_> = DEFINITIONS.iter().map(|definition| definition.trigger).collect();
        defined.sort();
        let mut all = Trigger::ALL.to_vec();
        all.sort();
        assert_eq!(defined, all);
    }

    #[test]
    fn a_subscription_whose_status_stays_as_it_was_fires_nothing() {
        let statuses = ["active", "canceled", "delinquent", "completed", "paused", "trialing"];
        let price = json!({ "amount": 4900, "currency": "USD" });
        let item =
            json!({ "product_id": "p", "name": "P", "role": "primary", "quantity": 1, "price": price });
        let fires_nothing = |from: &str, to: &str, by: &str| {
            let change = json!({
                "id": "1", "marketplace_id": "demo", "occurred_at": "2026-05-04T10:00:00Z", "test_mode": false,
                "customer": { "id": "cus_1", "email": "ada@example.com" }, "subscription": { "id": "sub_1" },
                "item": item, "from": from, "to": to, "by": by,
            });
            fires_nothing(&Fact::parse("Subscription Status Changed", &change.to_string()).unwrap())
        };
        for status in statuses {
            for by in ["merchant", "customer", "system"] {
                assert!(fires_nothing(status, status, by), "{status} by {by}");
            }
        }
        assert!(!fires_nothing("active", "canceled", "customer"));
        assert!(!fires_nothing("canceled", "active", "merchant"));
        assert!(!fires_nothing("canceled", "delinquent", "system"));
    }
}
