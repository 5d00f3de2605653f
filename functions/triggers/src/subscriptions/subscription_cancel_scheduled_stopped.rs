//! The trigger Subscription Cancel Scheduled Stopped.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, lines, no_filter};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionCancelScheduledStopped,
    fact: FactKind::SubscriptionCancelScheduledStopped,
    description: "A scheduled cancellation of a subscription was stopped. The subscription continues.",
    stored_by: None,
    filter: no_filter,
    fires: |fact| lines(fact, |_| true),
};
