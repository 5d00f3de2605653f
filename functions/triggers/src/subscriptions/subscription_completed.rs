//! The trigger Subscription Completed.
//!
//! An event pattern cannot compare two fields, so every charge of a limited plan invokes this function. The last one
//! fires the trigger.

use domain::fact::{FactKind, SubscriptionCharge};
use domain::trigger::Trigger;
use serde_json::json;

use super::charged;
use crate::definition::Definition;

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionCompleted,
    fact: FactKind::SubscriptionCharged,
    description: "The last charge of a subscription with a limited number of charges succeeded.",
    stored_by: Some(Trigger::SubscriptionCharged),
    filter: || json!({ "charges_total": [{ "numeric": [">", 0] }] }),
    fires: |fact| charged(fact, SubscriptionCharge::is_last),
};
