//! Subscription Recovered: a recurring charge went through after failures.

use domain::fact::FactKind;
use domain::trigger::Trigger;
use serde_json::json;

use super::charged;
use crate::definition::Definition;

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionRecovered,
    fact: FactKind::SubscriptionCharged,
    stored_by: Some(Trigger::SubscriptionCharged),
    filter: || json!({ "in_dunning": [true] }),
    fires: |fact| charged(fact, |charge| charge.in_dunning),
};
