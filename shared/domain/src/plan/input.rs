//! The planner's input.

use jiff::Timestamp;

use crate::digest::DigestSecret;
use crate::fact::Fact;
use crate::firing::Subject;
use crate::id::{BuyerKey, EventId, FactKey};
use crate::manifest::Catalog;
use crate::rule::Rule;
use crate::trigger::Trigger;

/// The planner's input.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The fact.
    pub fact: &'a Fact,
    /// The event that it is stored as.
    pub event: EventId,
    /// The secret that keys the addresses of its contacts.
    pub secret: &'a DigestSecret,
    /// Its detail as it was published, JSON; messages send it.
    pub detail: &'a str,
    /// The time at which the engine first received it.
    pub received_at: Timestamp,
    /// The trigger that fired.
    pub trigger: Trigger,
    /// The subjects that it fired for.
    pub firings: &'a [Subject],
    /// The rules that were read.
    pub rules: &'a [Rule],
    /// The manifests of the apps.
    pub catalog: &'a Catalog,
}

/// The id of the event that a fact is stored as.
pub fn event_id(secret: &DigestSecret, fact: &Fact) -> EventId {
    let (common, kind) = (&fact.common, fact.kind().published());
    let buyer = BuyerKey::of_email(secret, &common.marketplace_id, common.customer.email.as_str());
    EventId::new(common.occurred_at, buyer, FactKey::of(&[kind.key(), common.id.as_str()]))
}
