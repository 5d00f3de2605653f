//! Facts about subscriptions: charged, charge failed, status changed, cancellation scheduled or not any more.

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::item::Item;
use super::order::{Failure, OrderRef};
use super::text::Id;
use super::time;
use crate::keyed::keyed;
use crate::money::Money;

/// A subscription and its status after the fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The platform's id of the subscription.
    pub id: Id,
    /// Its status after the fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SubscriptionStatus>,
}

keyed! {
    /// The status of a subscription.
    pub enum SubscriptionStatus, "subscription status", "statuses" {
        /// Charged as planned.
        Active = "active",
        /// Ended by the merchant or the customer.
        Canceled = "canceled",
        /// Ended because its charges kept failing.
        Delinquent = "delinquent",
        /// A limited plan whose last charge succeeded.
        Completed = "completed",
        /// Not charged for a while.
        Paused = "paused",
        /// Not charged yet.
        Trialing = "trialing",
    }
}

keyed! {
    /// The actor who changed a status.
    pub enum Actor, "actor", "actors" {
        /// The merchant, by hand.
        Merchant = "merchant",
        /// The customer, by hand.
        Customer = "customer",
        /// The platform, by itself.
        System = "system",
    }
}

/// A recurring charge that succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SubscriptionCharge {
    /// The subscription.
    pub subscription: Subscription,
    /// The item that is subscribed to.
    pub item: Item,
    /// The amount charged.
    pub amount: Money,
    /// The platform's id of the charge.
    pub charge_id: Id,
    /// The number of this recurring charge, counted from 1; the checkout's own charge does not count.
    pub charge_number: NonZeroU32,
    /// The number of recurring charges of the plan, if it is limited.
    pub charges_total: Option<NonZeroU32>,
    /// Whether charges had failed right before this one.
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

/// A recurring charge that failed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SubscriptionChargeFailure {
    /// The subscription.
    pub subscription: Subscription,
    /// The item that is subscribed to.
    pub item: Item,
    /// The amount that should have been charged.
    pub amount: Money,
    /// The number of failed charges in a row, this one included.
    pub consecutive_failures: NonZeroU32,
    /// The reason.
    pub failure: Option<Failure>,
}

impl SubscriptionChargeFailure {
    /// Whether the charge before this one succeeded.
    pub fn is_first(&self) -> bool {
        self.consecutive_failures == NonZeroU32::MIN
    }
}

/// A change of a subscription's status.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SubscriptionStatusChange {
    /// The subscription.
    pub subscription: Subscription,
    /// The item that is subscribed to.
    pub item: Item,
    /// The status before.
    pub from: SubscriptionStatus,
    /// The status after.
    pub to: SubscriptionStatus,
    /// The actor who made the change.
    pub by: Actor,
}

/// A cancellation was scheduled. The subscription stays active until then.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CancelSchedule {
    /// The subscription.
    pub subscription: Subscription,
    /// The item that is subscribed to.
    pub item: Item,
    /// The time at which the subscription will be canceled.
    #[serde(deserialize_with = "time::rfc3339")]
    pub cancel_at: Timestamp,
    /// The actor who scheduled it.
    pub by: Actor,
}

/// A scheduled cancellation was stopped: the subscription continues.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CancelScheduleStop {
    /// The subscription.
    pub subscription: Subscription,
    /// The item that is subscribed to.
    pub item: Item,
    /// The actor who stopped it.
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
