//! The trigger Product Purchased.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, lines, no_filter};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::ProductPurchased,
    fact: FactKind::OrderCompleted,
    description: "A product was bought: as main product, upsell, order bump or payment option. Fires once for each \
                  line of a completed order.",
    stored_by: None,
    filter: no_filter,
    fires: |fact| lines(fact, |_| true),
};
