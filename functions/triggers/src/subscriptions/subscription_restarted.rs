//! The trigger Subscription Restarted.

use domain::fact::SubscriptionStatus::{Active, Canceled, Delinquent};
use domain::fact::{Actor, FactKind};
use domain::trigger::Trigger;
use serde_json::json;

use super::changed;
use crate::definition::Definition;

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionRestarted,
    fact: FactKind::SubscriptionStatusChanged,
    description: "The merchant reactivated a canceled or delinquent subscription.",
    stored_by: None,
    filter: || json!({ "from": ["canceled", "delinquent"], "to": ["active"], "by": ["merchant"] }),
    fires: |fact| {
        changed(fact, |change| {
            change.by == Actor::Merchant
                && change.to == Active
                && matches!(change.from, Canceled | Delinquent)
        })
    },
};
