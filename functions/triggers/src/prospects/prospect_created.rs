//! The trigger Prospect Created.
//!
//! The prospects function waits out the delay and then publishes Prospect Abandoned, which this trigger listens to.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, lines, no_filter};

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::ProspectCreated,
    fact: FactKind::ProspectAbandoned,
    description: "A buyer began a checkout and did not buy the product within two hours, or within the delay that \
                  the operator has set.",
    stored_by: None,
    filter: no_filter,
    fires: |fact| lines(fact, |_| true),
};
