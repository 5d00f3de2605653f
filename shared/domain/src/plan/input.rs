//! What the planner works on.

use jiff::Timestamp;

use crate::fact::Fact;
use crate::firing::Subject;
use crate::id::{BuyerKey, EventId, FactKey};
use crate::manifest::Catalog;
use crate::rule::Rule;
use crate::trigger::Trigger;

/// What the planner works on.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The fact.
    pub fact: &'a Fact,
    /// Its detail as it was published, JSON: messages pass it on.
    pub detail: &'a str,
    /// When the engine first received it.
    pub received_at: Timestamp,
    /// The trigger that fired.
    pub trigger: Trigger,
    /// What it fired for.
    pub firings: &'a [Subject],
    /// The rules that were read.
    pub rules: &'a [Rule],
    /// What the apps offer.
    pub catalog: &'a Catalog,
}

/// The event that a fact is stored as.
pub fn event_id(fact: &Fact) -> EventId {
    let kind = fact.kind().published();
    let buyer = BuyerKey::of_email(fact.common.customer.email.as_str());
    EventId::new(fact.common.occurred_at, buyer, FactKey::of(&[kind.key(), fact.common.id.as_str()]))
}
