//! Every trigger, a row each. The template's functions and `functions/README.md` are held against this list.

use domain::trigger::Trigger;

use crate::definition::Definition;
use crate::{courses, orders, prospects, refunds, subscriptions};

/// Every trigger's definition.
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
    subscriptions::subscription_charged::DEFINITION,
    subscriptions::subscription_started::DEFINITION,
    subscriptions::subscription_recovered::DEFINITION,
    subscriptions::subscription_completed::DEFINITION,
    subscriptions::subscription_charge_failed::DEFINITION,
    subscriptions::subscription_canceled::DEFINITION,
    subscriptions::subscription_delinquent::DEFINITION,
    subscriptions::subscription_restarted::DEFINITION,
    courses::course_student_added::DEFINITION,
    courses::course_student_removed::DEFINITION,
    courses::course_student_started::DEFINITION,
    courses::course_student_finished::DEFINITION,
];

/// The definition of one trigger.
pub fn definition(trigger: Trigger) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.trigger == trigger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trigger_has_one_definition() {
        let mut defined: Vec<_> = DEFINITIONS.iter().map(|definition| definition.trigger).collect();
        defined.sort();
        let mut all = Trigger::ALL.to_vec();
        all.sort();
        assert_eq!(defined, all);
    }
}
