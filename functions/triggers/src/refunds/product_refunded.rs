//! Product Refunded: all that was paid for a product has been given back.
//!
//! Fires once for each line whose refunds now reach what was paid, whether by one refund or by several.

use domain::fact::{ChargeKind, Extent, FactKind};
use domain::trigger::Trigger;
use serde_json::json;

use super::refunded;
use crate::definition::Definition;

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::ProductRefunded,
    fact: FactKind::ChargeRefunded,
    stored_by: None,
    filter: || json!({ "charge_kind": ["checkout"] }),
    fires: |fact| refunded(fact, ChargeKind::Checkout, Extent::Full),
};
