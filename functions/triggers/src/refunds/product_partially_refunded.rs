//! The trigger Product Partially Refunded.

use domain::fact::{ChargeKind, Extent, FactKind};
use domain::trigger::Trigger;
use serde_json::json;

use super::refunded;
use crate::definition::Definition;

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::ProductPartiallyRefunded,
    fact: FactKind::ChargeRefunded,
    description: "A part of the price of a product was refunded. Fires once for each line that was refunded.",
    stored_by: None,
    filter: || json!({ "charge_kind": ["checkout"] }),
    fires: |fact| refunded(fact, ChargeKind::Checkout, Extent::Partial),
};
