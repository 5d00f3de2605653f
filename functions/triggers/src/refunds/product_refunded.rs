//! The trigger Product Refunded.

use domain::fact::{ChargeKind, Extent, FactKind};
use domain::trigger::Trigger;
use serde_json::json;

use super::refunded;
use crate::definition::Definition;

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::ProductRefunded,
    fact: FactKind::ChargeRefunded,
    description: "The whole price of a product was refunded, at once or in parts. Fires once for each line whose \
                  refunds reach the amount that was paid.",
    stored_by: None,
    filter: || json!({ "charge_kind": ["checkout"] }),
    fires: |fact| refunded(fact, ChargeKind::Checkout, Extent::Full),
};
