//! The trigger Order Completed.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, no_filter, whole};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::OrderCompleted,
    fact: FactKind::OrderCompleted,
    description: "An order was completed, upsells included. Fires once for the order.",
    stored_by: Some(Trigger::ProductPurchased),
    filter: no_filter,
    fires: |_| whole(),
};
