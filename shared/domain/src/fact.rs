//! Facts, which producers publish: events of a customer's order, subscription or course.
//!
//! A [`Fact`] is an EventBridge event with a `detail` as described in `events/schemas/`. The fields common to all facts
//! and the body of each kind are read from the same JSON one after the other. Unknown fields are ignored, and an
//! optional field that is `null` or blank is absent. A descriptive text that is too long is cut, with a [`Note`]; an
//! invalid id, number, time or amount is rejected. Only [`ProductSaved`] is about no customer.

pub mod arrival;
pub mod course;
pub mod customer;
pub mod email;
pub mod error;
pub mod item;
mod json;
pub mod kind;
pub mod lead;
pub mod order;
pub mod product;
pub mod prospect;
mod reader;
pub mod refund;
pub mod subscription;
pub mod text;
mod time;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use self::arrival::Received;
pub use self::course::{Course, CourseFact};
pub use self::customer::{Address, Country, Customer};
pub use self::email::Email;
pub use self::error::FactError;
pub use self::item::{Coupon, Gift, Item, Items, Recipient, Role};
pub use self::kind::FactKind;
pub use self::lead::{Lead, LeadPage};
pub use self::order::{Affiliate, FailedOrder, Failure, Order, OrderFact, OrderRef, Utm};
pub use self::product::{Product, ProductSaved, ProductStatus};
pub use self::prospect::Prospect;
pub use self::reader::Note;
use self::reader::Reader;
pub use self::refund::{ChargeKind, Extent, Refund, RefundedItem};
pub use self::subscription::{
    Actor, CancelSchedule, CancelScheduleStop, Subscription, SubscriptionCharge, SubscriptionChargeFailure,
    SubscriptionStatus, SubscriptionStatusChange,
};
use crate::id::{FactId, MarketplaceId, ProductId};
use crate::money::Money;

/// An event of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The fields common to all facts.
    pub common: Common,
    /// The fields of its kind.
    pub body: Body,
    /// Values that are not used as published.
    pub notes: Vec<Note>,
}

/// The fields common to all facts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Common {
    /// The producer's id of the fact: the dedupe key.
    pub id: FactId,
    /// The marketplace whose customer it is.
    pub marketplace_id: MarketplaceId,
    /// The time at which it happened. It orders the fact's effects among those of other facts.
    #[serde(deserialize_with = "time::rfc3339")]
    pub occurred_at: Timestamp,
    /// Whether it happened in the platform's test mode, where no money moves.
    pub test_mode: bool,
    /// The buyer, or the student.
    pub customer: Customer,
}

/// The fields of a fact by kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// The checkout's charge succeeded; the funnel may still add upsells.
    CheckoutCharged(OrderFact),
    /// The checkout's charge failed.
    CheckoutFailed(FailedOrder),
    /// The funnel is closed: the order has all its items.
    OrderCompleted(OrderFact),
    /// Products were added to an order that had been completed.
    ProductAddedToOrder(OrderFact),
    /// Money was refunded.
    ChargeRefunded(Refund),
    /// A buyer began a checkout.
    ProspectCreated(Prospect),
    /// A buyer began a checkout and did not buy in time. The engine publishes it for a Prospect Created.
    ProspectAbandoned(Prospect),
    /// A recurring charge succeeded.
    SubscriptionCharged(SubscriptionCharge),
    /// A recurring charge failed.
    SubscriptionChargeFailed(SubscriptionChargeFailure),
    /// The status of a subscription changed.
    SubscriptionStatusChanged(SubscriptionStatusChange),
    /// A subscription will be canceled later.
    SubscriptionCancelScheduled(CancelSchedule),
    /// A subscription will not be canceled after all.
    SubscriptionCancelScheduledStopped(CancelScheduleStop),
    /// A person left an address on a page, without a checkout.
    LeadAdded(Lead),
    /// A student got access to a course.
    CourseStudentAdded(CourseFact),
    /// A student lost access to a course.
    CourseStudentRemoved(CourseFact),
    /// A student opened the first lesson.
    CourseStudentStarted(CourseFact),
    /// A student finished the last lesson.
    CourseStudentFinished(CourseFact),
}

/// Reads some fields of a detail with the rules for all facts.
///
/// # Errors
/// [`FactError`]: a field is absent or not valid.
pub fn read_part<T: DeserializeOwned>(detail: &str) -> Result<T, FactError> {
    Reader::new("common.json", &json::read(detail)?.0).read()
}

impl Fact {
    /// Reads an event: its `detail-type`, and its detail as JSON.
    pub fn parse(detail_type: &str, detail: &str) -> Result<Self, FactError> {
        Self::read(detail_type, &json::read(detail)?.0)
    }

    /// Reads an event whose detail has been read as JSON.
    fn read(detail_type: &str, detail: &Value) -> Result<Self, FactError> {
        let unknown = || FactError::UnknownDetailType { found: detail_type.chars().take(80).collect() };
        let kind = FactKind::from_detail_type(detail_type).ok_or_else(unknown)?;
        let reader = Reader::new(kind.schema(), detail);
        Ok(Self { common: reader.read()?, body: Body::read(kind, &reader)?, notes: reader.notes() })
    }

    /// The fact's kind.
    pub fn kind(&self) -> FactKind {
        self.body.kind()
    }

    /// The lines that the fact is about, with their indices from 0. A fact about a course or a lead has none.
    pub fn items(&self) -> impl Iterator<Item = (usize, &Item)> {
        (0..).map_while(|index| Some((index, self.item(index)?)))
    }

    /// The line at an index.
    pub fn item(&self, index: usize) -> Option<&Item> {
        match &self.body {
            Body::CheckoutCharged(order) | Body::OrderCompleted(order) | Body::ProductAddedToOrder(order) => {
                order.items.get(index)
            }
            Body::CheckoutFailed(order) => order.attempt.items.get(index),
            Body::ChargeRefunded(refund) => refund.items.get(index).map(|line| &line.item),
            Body::ProspectCreated(prospect) | Body::ProspectAbandoned(prospect) => {
                only(&prospect.item, index)
            }
            Body::SubscriptionCharged(charge) => only(&charge.item, index),
            Body::SubscriptionChargeFailed(failure) => only(&failure.item, index),
            Body::SubscriptionStatusChanged(change) => only(&change.item, index),
            Body::SubscriptionCancelScheduled(schedule) => only(&schedule.item, index),
            Body::SubscriptionCancelScheduledStopped(stop) => only(&stop.item, index),
            Body::LeadAdded(_)
            | Body::CourseStudentAdded(_)
            | Body::CourseStudentRemoved(_)
            | Body::CourseStudentStarted(_)
            | Body::CourseStudentFinished(_) => None,
        }
    }

    /// The id of the line at an index, or its position counted from 1 if it has no id. Unique within the fact.
    pub fn line_id(&self, index: usize) -> Option<Cow<'_, str>> {
        Some(self.item(index)?.line_id(index))
    }

    /// The money that the fact is about: the order's total, the recurring charge, the amount that is refunded now for
    /// the line (or all lines), or the price of a prospect's item. Other facts are not about money.
    pub fn amount(&self, item: Option<usize>) -> Option<Money> {
        match &self.body {
            Body::CheckoutCharged(order) | Body::OrderCompleted(order) | Body::ProductAddedToOrder(order) => {
                Some(order.order.total)
            }
            Body::CheckoutFailed(order) => Some(order.attempt.order.total),
            Body::ChargeRefunded(refund) => match item {
                Some(index) => refund.items.get(index).map(|line| line.refunded_now),
                None => refund.refunded_now(),
            },
            Body::ProspectCreated(prospect) | Body::ProspectAbandoned(prospect) => {
                Some(prospect.item.amount())
            }
            Body::SubscriptionCharged(charge) => Some(charge.amount),
            Body::SubscriptionChargeFailed(failure) => Some(failure.amount),
            Body::SubscriptionStatusChanged(_)
            | Body::SubscriptionCancelScheduled(_)
            | Body::SubscriptionCancelScheduledStopped(_)
            | Body::LeadAdded(_)
            | Body::CourseStudentAdded(_)
            | Body::CourseStudentRemoved(_)
            | Body::CourseStudentStarted(_)
            | Body::CourseStudentFinished(_) => None,
        }
    }

    /// The money that the buyer paid: the order's total or the recurring charge. `None` for facts that are no purchase.
    pub fn paid(&self) -> Option<Money> {
        match &self.body {
            Body::CheckoutCharged(order) | Body::OrderCompleted(order) | Body::ProductAddedToOrder(order) => {
                Some(order.order.total)
            }
            Body::SubscriptionCharged(charge) => Some(charge.amount),
            Body::CheckoutFailed(_)
            | Body::ChargeRefunded(_)
            | Body::ProspectCreated(_)
            | Body::ProspectAbandoned(_)
            | Body::SubscriptionChargeFailed(_)
            | Body::SubscriptionStatusChanged(_)
            | Body::SubscriptionCancelScheduled(_)
            | Body::SubscriptionCancelScheduledStopped(_)
            | Body::LeadAdded(_)
            | Body::CourseStudentAdded(_)
            | Body::CourseStudentRemoved(_)
            | Body::CourseStudentStarted(_)
            | Body::CourseStudentFinished(_) => None,
        }
    }

    /// The products that product rules can name, without repetitions: those of the lines, the course's or the page's.
    pub fn product_ids(&self) -> Vec<&ProductId> {
        let course = self.course().and_then(|course| course.product_id.as_ref());
        let page = self.page().and_then(|page| page.product_id.as_ref());
        let mut products = Vec::new();
        for product in self.items().map(|(_, item)| &item.product_id).chain(course).chain(page) {
            if !products.contains(&product) {
                products.push(product);
            }
        }
        products
    }

    /// The order with its totals, custom fields, campaign and affiliate, if the fact contains a whole order.
    pub fn order(&self) -> Option<&Order> {
        match &self.body {
            Body::CheckoutCharged(order) | Body::OrderCompleted(order) | Body::ProductAddedToOrder(order) => {
                Some(&order.order)
            }
            Body::CheckoutFailed(order) => Some(&order.attempt.order),
            _ => None,
        }
    }

    /// The platform's id of the order that the fact belongs to.
    pub fn order_id(&self) -> Option<&str> {
        match &self.body {
            Body::ChargeRefunded(refund) => Some(&refund.order.id),
            Body::SubscriptionCharged(charge) => charge.order.as_ref().map(|order| order.id.as_str()),
            _ => self.order().map(|order| order.id.as_str()),
        }
    }

    /// The platform's id of the charge that was made or refunded.
    pub fn charge_id(&self) -> Option<&str> {
        match &self.body {
            Body::CheckoutCharged(order) | Body::OrderCompleted(order) | Body::ProductAddedToOrder(order) => {
                order.charge_id.as_deref()
            }
            Body::CheckoutFailed(order) => order.attempt.charge_id.as_deref(),
            Body::ChargeRefunded(refund) => Some(&refund.charge_id),
            Body::SubscriptionCharged(charge) => Some(&charge.charge_id),
            _ => None,
        }
    }

    /// The platform's id of the subscription that the fact belongs to.
    pub fn subscription_id(&self) -> Option<&str> {
        match &self.body {
            Body::ChargeRefunded(refund) => refund.subscription_id.as_deref(),
            Body::SubscriptionCharged(charge) => Some(&charge.subscription.id),
            Body::SubscriptionChargeFailed(failure) => Some(&failure.subscription.id),
            Body::SubscriptionStatusChanged(change) => Some(&change.subscription.id),
            Body::SubscriptionCancelScheduled(schedule) => Some(&schedule.subscription.id),
            Body::SubscriptionCancelScheduledStopped(stop) => Some(&stop.subscription.id),
            _ => None,
        }
    }

    /// The campaign that led to the order.
    pub fn utm(&self) -> Option<&Utm> {
        self.order().map(|order| &order.utm)
    }

    /// The customer's answer on the checkout page, by the field's exact name.
    pub fn custom_field(&self, name: &str) -> Option<&str> {
        self.order()?.custom_fields.get(name).map(|value| &**value)
    }

    /// The course, if the fact is about one.
    pub fn course(&self) -> Option<&Course> {
        match &self.body {
            Body::CourseStudentAdded(fact)
            | Body::CourseStudentRemoved(fact)
            | Body::CourseStudentStarted(fact)
            | Body::CourseStudentFinished(fact) => Some(&fact.course),
            _ => None,
        }
    }

    /// The page, if the fact is about a lead.
    pub fn page(&self) -> Option<&LeadPage> {
        match &self.body {
            Body::LeadAdded(lead) => Some(&lead.page),
            _ => None,
        }
    }
}

impl Body {
    /// The fact's kind.
    pub fn kind(&self) -> FactKind {
        match self {
            Body::CheckoutCharged(_) => FactKind::CheckoutCharged,
            Body::CheckoutFailed(_) => FactKind::CheckoutFailed,
            Body::OrderCompleted(_) => FactKind::OrderCompleted,
            Body::ProductAddedToOrder(_) => FactKind::ProductAddedToOrder,
            Body::ChargeRefunded(_) => FactKind::ChargeRefunded,
            Body::ProspectCreated(_) => FactKind::ProspectCreated,
            Body::ProspectAbandoned(_) => FactKind::ProspectAbandoned,
            Body::SubscriptionCharged(_) => FactKind::SubscriptionCharged,
            Body::SubscriptionChargeFailed(_) => FactKind::SubscriptionChargeFailed,
            Body::SubscriptionStatusChanged(_) => FactKind::SubscriptionStatusChanged,
            Body::SubscriptionCancelScheduled(_) => FactKind::SubscriptionCancelScheduled,
            Body::SubscriptionCancelScheduledStopped(_) => FactKind::SubscriptionCancelScheduledStopped,
            Body::LeadAdded(_) => FactKind::LeadAdded,
            Body::CourseStudentAdded(_) => FactKind::CourseStudentAdded,
            Body::CourseStudentRemoved(_) => FactKind::CourseStudentRemoved,
            Body::CourseStudentStarted(_) => FactKind::CourseStudentStarted,
            Body::CourseStudentFinished(_) => FactKind::CourseStudentFinished,
        }
    }

    fn read(kind: FactKind, reader: &Reader<'_>) -> Result<Self, FactError> {
        Ok(match kind {
            FactKind::CheckoutCharged => Body::CheckoutCharged(reader.read()?),
            FactKind::CheckoutFailed => Body::CheckoutFailed(FailedOrder::read(reader)?),
            FactKind::OrderCompleted => Body::OrderCompleted(reader.read()?),
            FactKind::ProductAddedToOrder => Body::ProductAddedToOrder(reader.read()?),
            FactKind::ChargeRefunded => Body::ChargeRefunded(Refund::read(reader)?),
            FactKind::ProspectCreated => Body::ProspectCreated(reader.read()?),
            FactKind::ProspectAbandoned => Body::ProspectAbandoned(reader.read()?),
            FactKind::SubscriptionCharged => Body::SubscriptionCharged(reader.read()?),
            FactKind::SubscriptionChargeFailed => Body::SubscriptionChargeFailed(reader.read()?),
            FactKind::SubscriptionStatusChanged => Body::SubscriptionStatusChanged(reader.read()?),
            FactKind::SubscriptionCancelScheduled => Body::SubscriptionCancelScheduled(reader.read()?),
            FactKind::SubscriptionCancelScheduledStopped => {
                Body::SubscriptionCancelScheduledStopped(reader.read()?)
            }
            FactKind::LeadAdded => Body::LeadAdded(reader.read()?),
            FactKind::CourseStudentAdded => Body::CourseStudentAdded(reader.read()?),
            FactKind::CourseStudentRemoved => Body::CourseStudentRemoved(reader.read()?),
            FactKind::CourseStudentStarted => Body::CourseStudentStarted(reader.read()?),
            FactKind::CourseStudentFinished => Body::CourseStudentFinished(reader.read()?),
        })
    }
}

fn only(item: &Item, index: usize) -> Option<&Item> {
    (index == 0).then_some(item)
}

#[cfg(test)]
mod tests;
