//! The trigger Subscription Charge Failed.
//!
//! The filter matches every number below 2, so that an invalid count such as 0 or 1.5 reaches this function and is
//! rejected.

use domain::fact::{Body, FactKind};
use domain::firing::Subject;
use domain::trigger::Trigger;
use serde_json::json;

use crate::definition::Definition;

/// The fact, the bus filter and the subjects that fire the trigger.
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
