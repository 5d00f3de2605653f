//! The trigger Subscription Recovered.

use domain::fact::FactKind;
use domain::trigger::Trigger;
use serde_json::json;

use super::charged;
use crate::definition::Definition;

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionRecovered,
    fact: FactKind::SubscriptionCharged,
    description: "A recurring charge succeeded after failed attempts.",
    stored_by: Some(Trigger::SubscriptionCharged),
    filter: || json!({ "in_dunning": [true] }),
    fires: |fact| charged(fact, |charge| charge.in_dunning),
};
