//! Subscription Charged: a recurring charge went through. Fires each time.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use super::charged;
use crate::definition::{Definition, no_filter};

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionCharged,
    fact: FactKind::SubscriptionCharged,
    stored_by: None,
    filter: no_filter,
    fires: |fact| charged(fact, |_| true),
};
