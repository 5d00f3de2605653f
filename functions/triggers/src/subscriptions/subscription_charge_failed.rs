//! The trigger Subscription Charge Failed.
//!
//! The filter lets every number below 2 through: what is none that a count can be, such as 0 or 1.5, is refused here.

use domain::fact::{Body, FactKind};
use domain::firing::Subject;
use domain::trigger::Trigger;
use serde_json::json;

use crate::definition::Definition;

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionChargeFailed,
    fact: FactKind::SubscriptionChargeFailed,
    description: "A recurring charge failed, and the charge before it had succeeded.",
    stored_by: None,
    filter: || json!({ "consecutive_failures": [{ "numeric": ["<", 2] }] }),
    fires: |fact| match &fact.body {
        Body::SubscriptionChargeFailed(failure) if failure.is_first() => vec![Subject::Line(0)],
        _ => Vec::new(),
    },
};
