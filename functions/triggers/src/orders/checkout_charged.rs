//! The trigger Checkout Charged.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, no_filter, whole};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::CheckoutCharged,
    fact: FactKind::CheckoutCharged,
    description: "The charge of a checkout succeeded. Fires at once, before the buyer decides about upsells.",
    stored_by: None,
    filter: no_filter,
    fires: |_| whole(),
};
