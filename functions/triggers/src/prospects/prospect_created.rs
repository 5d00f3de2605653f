//! Prospect Created: somebody began to buy and did not within two hours.
//!
//! The prospects function waits out the delay and then publishes Prospect Abandoned, which this trigger listens to.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, lines, no_filter};

/// What fires the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::ProspectCreated,
    fact: FactKind::ProspectAbandoned,
    stored_by: None,
    filter: no_filter,
    fires: |fact| lines(fact, |_| true),
};
