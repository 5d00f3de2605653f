//! The trigger Subscription Charged.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use super::charged;
use crate::definition::{Definition, no_filter};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionCharged,
    fact: FactKind::SubscriptionCharged,
    description: "A recurring charge succeeded. Fires for each charge.",
    stored_by: None,
    filter: no_filter,
    fires: |fact| charged(fact, |_| true),
};
