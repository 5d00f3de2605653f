//! Product Partially Refunded: a part of what was paid for a product has been given back.

use domain::fact::{ChargeKind, Extent, FactKind};
use domain::trigger::Trigger;
use serde_json::json;

use super::refunded;
use crate::definition::Definition;

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::ProductPartiallyRefunded,
    fact: FactKind::ChargeRefunded,
    stored_by: None,
    filter: || json!({ "charge_kind": ["checkout"] }),
    fires: |fact| refunded(fact, ChargeKind::Checkout, Extent::Partial),
};
