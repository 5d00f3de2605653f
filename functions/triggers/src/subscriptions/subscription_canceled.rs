//! The trigger Subscription Canceled.

use domain::fact::FactKind;
use domain::fact::SubscriptionStatus::{Canceled, Delinquent};
use domain::trigger::Trigger;
use serde_json::json;

use super::changed;
use crate::definition::Definition;

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionCanceled,
    fact: FactKind::SubscriptionStatusChanged,
    description: "A subscription was canceled or became delinquent.",
    stored_by: None,
    filter: || json!({ "to": ["canceled", "delinquent"] }),
    fires: |fact| changed(fact, |change| matches!(change.to, Canceled | Delinquent)),
};
