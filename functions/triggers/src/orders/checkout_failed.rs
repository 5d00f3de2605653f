//! The trigger Checkout Failed.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, no_filter, whole};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::CheckoutFailed,
    fact: FactKind::CheckoutFailed,
    description: "The charge of a checkout failed. Fires at once.",
    stored_by: None,
    filter: no_filter,
    fires: |_| whole(),
};
