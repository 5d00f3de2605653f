//! The trigger Product Added to Order.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, lines, no_filter};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::ProductAddedToOrder,
    fact: FactKind::ProductAddedToOrder,
    description: "A product was added to a completed order. Fires once for each line that was added.",
    stored_by: None,
    filter: no_filter,
    fires: |fact| lines(fact, |_| true),
};
