//! Triggers of subscriptions.

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

/// The subscription's line, where the charge is one that counts.
fn charged(fact: &Fact, counts: impl Fn(&SubscriptionCharge) -> bool) -> Vec<Subject> {
    match &fact.body {
        Body::SubscriptionCharged(charge) if counts(charge) => vec![Subject::Line(0)],
        _ => Vec::new(),
    }
}

/// The subscription's line, where the change is one that counts. A status that stays as it was is no change.
fn changed(fact: &Fact, counts: impl Fn(&SubscriptionStatusChange) -> bool) -> Vec<Subject> {
    match &fact.body {
        Body::SubscriptionStatusChanged(change) if change.from != change.to && counts(change) => {
            vec![Subject::Line(0)]
        }
        _ => Vec::new(),
    }
}
