//! Subscriptions: charged, not charged, changed in status.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::item::Item;
use super::order::{Failure, OrderRef};
use super::text::Id;
use crate::keyed::keyed;
use crate::money::Money;

/// Which subscription, and how it stands after the fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The platform's id of the subscription.
    pub id: Id,
    /// How it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SubscriptionStatus>,
}

keyed! {
    /// How a subscription stands.
    pub enum SubscriptionStatus, "subscription status", "statuses" {
        /// Charged as planned.
        Active = "active",
        /// Ended by somebody.
        Canceled = "canceled",
        /// Ended because its charges kept failing.
        Delinquent = "delinquent",
        /// A limited plan whose last charge went through.
        Completed = "completed",
        /// Not charged for a while.
        Paused = "paused",
        /// Not charged yet.
        Trialing = "trialing",
    }
}

keyed! {
    /// Who changed something.
    pub enum Actor, "actor", "actors" {
        /// The merchant, by hand.
        Merchant = "merchant",
        /// The customer, by hand.
        Customer = "customer",
        /// The platform, by itself.
        System = "system",
    }
}

/// A recurring charge that went through.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SubscriptionCharge {
    /// The subscription.
    pub subscription: Subscription,
    /// What it is a subscription to.
    pub item: Item,
    /// What was charged.
    pub amount: Money,
    /// The platform's id of the charge.
    pub charge_id: Id,
    /// Which recurring charge this is, counted from 1; the checkout's own charge does not count.
    pub charge_number: NonZeroU32,
    /// How many recurring charges the plan has, where it is limited.
    pub charges_total: Option<NonZeroU32>,
    /// Whether charges had been failing before this one.
    pub in_dunning: bool,
    /// The order that began the subscription.
    pub order: Option<OrderRef>,
}

impl SubscriptionCharge {
    /// Whether this is the first recurring charge.
    pub fn is_first(&self) -> bool {
        self.charge_number == NonZeroU32::MIN
    }

    /// Whether this is the last charge of a limited plan.
    pub fn is_last(&self) -> bool {
        self.charges_total == Some(self.charge_number)
    }
}

/// A recurring charge that did not go through.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SubscriptionChargeFailure {
    /// The subscription.
    pub subscription: Subscription,
    /// What it is a subscription to.
    pub item: Item,
    /// What should have been charged.
    pub amount: Money,
    /// How many charges in a row have failed, this one included.
    pub consecutive_failures: NonZeroU32,
    /// Why.
    pub failure: Option<Failure>,
}

impl SubscriptionChargeFailure {
    /// Whether the charge before this one went through.
    pub fn is_first(&self) -> bool {
        self.consecutive_failures == NonZeroU32::MIN
    }
}

/// A subscription stands differently from before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SubscriptionStatusChange {
    /// The subscription.
    pub subscription: Subscription,
    /// What it is a subscription to.
    pub item: Item,
    /// How it stood.
    pub from: SubscriptionStatus,
    /// How it stands.
    pub to: SubscriptionStatus,
    /// Who did it.
    pub by: Actor,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn charge(number: u32, total: Option<u32>) -> SubscriptionCharge {
        let money = json!({ "amount": 1900, "currency": "USD" });
        let item = json!({
            "product_id": "club", "name": "Club", "role": "primary", "quantity": 1, "price": money,
        });
        serde_json::from_value(json!({
            "subscription": { "id": "sub_1" }, "item": item, "amount": money, "charge_id": "ch_1",
            "charge_number": number, "charges_total": total, "in_dunning": false,
        }))
        .unwrap()
    }

    #[test]
    fn the_first_recurring_charge_is_number_one() {
        assert!(charge(1, None).is_first());
        assert!(!charge(2, None).is_first());
    }

    #[test]
    fn only_a_limited_plan_has_a_last_charge() {
        assert!(charge(3, Some(3)).is_last());
        assert!(!charge(2, Some(3)).is_last());
        assert!(!charge(3, None).is_last());
        assert!(charge(1, Some(1)).is_first() && charge(1, Some(1)).is_last());
    }
}
