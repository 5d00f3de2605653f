//! Triggers of subscriptions.

pub mod subscription_cancel_scheduled;
pub mod subscription_cancel_scheduled_stopped;
pub mod subscription_canceled;
pub mod subscription_charge_failed;
pub mod subscription_charged;
pub mod subscription_completed;
pub mod subscription_delinquent;
pub mod subscription_recovered;
pub mod subscription_restarted;
pub mod subscription_started;

use domain::fact::{Body, Fact, SubscriptionCharge, SubscriptionStatusChange};
use domain::firing::Subject;

/// The subscription's line if `counts` returns true for the charge.
fn charged(fact: &Fact, counts: impl Fn(&SubscriptionCharge) -> bool) -> Vec<Subject> {
    match &fact.body {
        Body::SubscriptionCharged(charge) if counts(charge) => vec![Subject::Line(0)],
        _ => Vec::new(),
    }
}

/// The subscription's line if the status has changed and `counts` returns true for the change.
fn changed(fact: &Fact, counts: impl Fn(&SubscriptionStatusChange) -> bool) -> Vec<Subject> {
    match &fact.body {
        Body::SubscriptionStatusChanged(change) if change.from != change.to && counts(change) => {
            vec![Subject::Line(0)]
        }
        _ => Vec::new(),
    }
}
