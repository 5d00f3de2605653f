//! Product Added to Order: a product was added to an order that was complete. Fires once for each line.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, lines, no_filter};

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::ProductAddedToOrder,
    fact: FactKind::ProductAddedToOrder,
    stored_by: None,
    filter: no_filter,
    fires: |fact| lines(fact, |_| true),
};
