//! Checkout Failed: the checkout's charge failed. Fires at once.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, no_filter, whole};

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::CheckoutFailed,
    fact: FactKind::CheckoutFailed,
    stored_by: None,
    filter: no_filter,
    fires: |_| whole(),
};
