//! Product Purchased: a product was bought, in whatever role. Fires once for each line of a completed order.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, lines, no_filter};

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::ProductPurchased,
    fact: FactKind::OrderCompleted,
    stored_by: None,
    filter: no_filter,
    fires: |fact| lines(fact, |_| true),
};
