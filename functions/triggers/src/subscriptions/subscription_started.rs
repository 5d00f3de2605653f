//! The trigger Subscription Started.

use domain::fact::{FactKind, SubscriptionCharge};
use domain::trigger::Trigger;
use serde_json::json;

use super::charged;
use crate::definition::Definition;

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionStarted,
    fact: FactKind::SubscriptionCharged,
    description: "The first recurring charge of a subscription succeeded.",
    stored_by: Some(Trigger::SubscriptionCharged),
    filter: || json!({ "charge_number": [{ "numeric": ["<", 2] }] }),
    fires: |fact| charged(fact, SubscriptionCharge::is_first),
};
