//! The trigger Lead Added.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, no_filter, whole};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::LeadAdded,
    fact: FactKind::LeadAdded,
    description: "A person left an address on a page, without a checkout.",
    stored_by: None,
    filter: no_filter,
    fires: |_| whole(),
};
