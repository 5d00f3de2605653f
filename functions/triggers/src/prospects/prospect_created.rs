//! The trigger Prospect Created.
//!
//! The prospects function waits until the delay has passed and then publishes Prospect Abandoned, which fires this
//! trigger.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, lines, no_filter};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::ProspectCreated,
    fact: FactKind::ProspectAbandoned,
    description: "A buyer began a checkout and did not buy the product within two hours, or within the delay that \
                  the operator has set.",
    stored_by: None,
    filter: no_filter,
    fires: |fact| lines(fact, |_| true),
};
