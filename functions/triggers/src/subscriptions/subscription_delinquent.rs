//! The trigger Subscription Delinquent.

use domain::fact::FactKind;
use domain::fact::SubscriptionStatus::Delinquent;
use domain::trigger::Trigger;
use serde_json::json;

use super::changed;
use crate::definition::Definition;

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionDelinquent,
    fact: FactKind::SubscriptionStatusChanged,
    description: "A subscription became delinquent: too many charges failed in a row.",
    stored_by: Some(Trigger::SubscriptionCanceled),
    filter: || json!({ "to": ["delinquent"] }),
    fires: |fact| changed(fact, |change| change.to == Delinquent),
};
