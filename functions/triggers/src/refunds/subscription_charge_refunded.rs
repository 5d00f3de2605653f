//! The trigger Subscription Charge Refunded.

use domain::fact::{ChargeKind, Extent, FactKind};
use domain::trigger::Trigger;
use serde_json::json;

use super::refunded;
use crate::definition::Definition;

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionChargeRefunded,
    fact: FactKind::ChargeRefunded,
    description: "A recurring charge was refunded in full.",
    stored_by: None,
    filter: || json!({ "charge_kind": ["subscription"] }),
    fires: |fact| refunded(fact, ChargeKind::Subscription, Extent::Full),
};
