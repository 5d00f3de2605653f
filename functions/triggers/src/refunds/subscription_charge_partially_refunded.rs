//! The trigger Subscription Charge Partially Refunded.

use domain::fact::{ChargeKind, Extent, FactKind};
use domain::trigger::Trigger;
use serde_json::json;

use super::refunded;
use crate::definition::Definition;

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionChargePartiallyRefunded,
    fact: FactKind::ChargeRefunded,
    description: "A part of a recurring charge was refunded.",
    stored_by: None,
    filter: || json!({ "charge_kind": ["subscription"] }),
    fires: |fact| refunded(fact, ChargeKind::Subscription, Extent::Partial),
};
