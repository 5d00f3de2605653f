//! The trigger Subscription Cancel Scheduled.

use domain::fact::FactKind;
use domain::trigger::Trigger;

use crate::definition::{Definition, lines, no_filter};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::SubscriptionCancelScheduled,
    fact: FactKind::SubscriptionCancelScheduled,
    description: "A cancellation of a subscription was scheduled. The subscription is active until then.",
    stored_by: None,
    filter: no_filter,
    fires: |fact| lines(fact, |_| true),
};
