//! Checkout Charged: the checkout's charge went through.
//!
//! Fires at once, without waiting for the upsell window to close.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, no_filter, whole};

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::CheckoutCharged,
    fact: FactKind::CheckoutCharged,
    stored_by: None,
    filter: no_filter,
    fires: |_| whole(),
};
