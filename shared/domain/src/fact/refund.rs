//! Refunds of a checkout's or a subscription's charge.

use serde::Deserialize;

use super::error::FactError;
use super::item::{Item, Items};
use super::order::OrderRef;
use super::reader::Reader;
use super::text::{Id, Prose};
use crate::keyed::keyed;
use crate::money::Money;

/// A refund of some lines of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The platform's id of the charge.
    pub charge_id: Id,
    /// The kind of the charge.
    pub charge_kind: ChargeKind,
    /// The order that the charge belongs to.
    pub order: OrderRef,
    /// The subscription, if the charge was a recurring one.
    pub subscription_id: Option<Id>,
    /// The lines: at least one, all in one currency, each with a unique line id.
    pub items: Vec<RefundedItem>,
    /// The reason, in the merchant's words.
    pub reason: Option<Prose>,
}

keyed! {
    /// The kind of charge that was refunded.
    pub enum ChargeKind, "charge kind", "charge kinds" {
        /// The charge at the checkout.
        Checkout = "checkout",
        /// A recurring charge.
        Subscription = "subscription",
    }
}

/// One line of a refund. The three amounts are in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundedItem {
    /// The line as it was bought.
    pub item: Item,
    /// The amount that the customer paid for it.
    pub paid: Money,
    /// The amount of this refund.
    pub refunded_now: Money,
    /// The sum of all refunds, this one included.
    pub refunded_total: Money,
}

/// How much of a line was refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The whole amount that was paid.
    Full,
    /// Less than the amount that was paid.
    Partial,
}

impl RefundedItem {
    /// How much was refunded; `None` if this refund returns nothing for the line, which then fires no trigger.
    pub fn extent(&self) -> Option<Extent> {
        if self.refunded_now.amount == 0 {
            return None;
        }
        let full = self.refunded_total.amount >= self.paid.amount;
        Some(if full { Extent::Full } else { Extent::Partial })
    }
}

impl Refund {
    /// The sum of this refund over all its lines.
    pub fn refunded_now(&self) -> Option<Money> {
        self.items.iter().map(|line| line.refunded_now).reduce(|sum, now| sum.plus(now).unwrap_or(sum))
    }

    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, FactError> {
        let Head { charge_id, charge_kind, order, subscription_id, items, reason } = reader.read()?;
        let Lines { items: amounts } = reader.read()?;
        let line = |(item, Amounts { paid, refunded_now, refunded_total })| RefundedItem {
            item,
            paid,
            refunded_now,
            refunded_total,
        };
        let items = Vec::from(items).into_iter().zip(amounts.0).map(line).collect();
        Ok(Self { charge_id, charge_kind, order, subscription_id, items, reason })
    }
}

/// The fact without the amounts of its lines; those are read from the same JSON in a second pass.
#[derive(Deserialize)]
struct Head {
    charge_id: Id,
    charge_kind: ChargeKind,
    order: OrderRef,
    subscription_id: Option<Id>,
    items: Items,
    reason: Option<Prose>,
}

#[derive(Deserialize)]
struct Lines {
    items: AllAmounts,
}

#[derive(Deserialize)]
#[serde(try_from = "Vec<Amounts>")]
struct AllAmounts(Vec<Amounts>);

#[derive(Deserialize)]
#[serde(try_from = "GivenAmounts")]
struct Amounts {
    paid: Money,
    refunded_now: Money,
    refunded_total: Money,
}

#[derive(Deserialize)]
struct GivenAmounts {
    paid: Money,
    refunded_now: Money,
    refunded_total: Money,
}

/// Amounts that contradict each other.
#[derive(Debug, thiserror::Error)]
enum InvalidAmounts {
    #[error("has `refunded_total` {total} below `refunded_now` {now}; the total counts this refund too")]
    TotalBelowNow { total: Money, now: Money },
    #[error("mixes currencies; a charge and its refunds are in one")]
    Currencies,
}

impl TryFrom<GivenAmounts> for Amounts {
    type Error = InvalidAmounts;

    fn try_from(given: GivenAmounts) -> Result<Self, InvalidAmounts> {
        let GivenAmounts { paid, refunded_now, refunded_total } = given;
        if refunded_now.currency != paid.currency || refunded_total.currency != paid.currency {
            return Err(InvalidAmounts::Currencies);
        }
        if refunded_total.amount < refunded_now.amount {
            return Err(InvalidAmounts::TotalBelowNow { total: refunded_total, now: refunded_now });
        }
        Ok(Self { paid, refunded_now, refunded_total })
    }
}

impl TryFrom<Vec<Amounts>> for AllAmounts {
    type Error = InvalidAmounts;

    fn try_from(lines: Vec<Amounts>) -> Result<Self, InvalidAmounts> {
        if lines.windows(2).any(|pair| pair[0].paid.currency != pair[1].paid.currency) {
            return Err(InvalidAmounts::Currencies);
        }
        Ok(Self(lines))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn usd(amount: u64) -> Value {
        json!({ "amount": amount, "currency": "USD" })
    }

    fn refund(lines: &[[Value; 3]]) -> Result<Refund, FactError> {
        let line = |[paid, now, total]: &[Value; 3]| {
            json!({
                "product_id": "sourdough", "name": "Sourdough", "role": "primary", "quantity": 1,
                "price": usd(4900), "paid": paid, "refunded_now": now, "refunded_total": total,
            })
        };
        let items: Vec<_> = lines.iter().map(line).collect();
        let order = json!({ "id": "1" });
        let refund = json!({ "charge_id": "1", "charge_kind": "checkout", "order": order, "items": items });
        Refund::read(&Reader::new("", &refund))
    }

    fn extent(paid: u64, now: u64, total: u64) -> Option<Extent> {
        refund(&[[usd(paid), usd(now), usd(total)]]).unwrap().items[0].extent()
    }

    #[test]
    fn a_refund_is_full_when_the_total_reaches_what_was_paid() {
        assert_eq!(extent(4900, 4900, 4900), Some(Extent::Full));
        assert_eq!(extent(4900, 900, 4900), Some(Extent::Full));
        assert_eq!(extent(4900, 5000, 5000), Some(Extent::Full));
        assert_eq!(extent(4900, 4899, 4899), Some(Extent::Partial));
    }

    #[test]
    fn a_line_for_which_nothing_is_given_back_is_not_refunded() {
        assert_eq!(extent(4900, 0, 0), None);
        assert_eq!(extent(4900, 0, 4900), None);
        assert_eq!(extent(0, 0, 0), None);
    }

    #[test]
    fn a_refund_gives_back_the_sum_of_its_lines() {
        let refund = refund(&[[usd(10), usd(1), usd(5)], [usd(10), usd(2), usd(2)]]).unwrap();
        assert_eq!(refund.refunded_now().unwrap().amount, 3);
    }

    #[test]
    fn a_total_below_this_refund_is_refused_with_both_amounts() {
        let error = refund(&[[usd(10), usd(6), usd(5)]]).unwrap_err().to_string();
        assert!(
            error.contains("items[0]") && error.contains("USD 0.05") && error.contains("USD 0.06"),
            "{error}"
        );
    }

    #[test]
    fn a_refund_is_in_one_currency() {
        let eur = json!({ "amount": 1, "currency": "EUR" });
        assert!(refund(&[[usd(1), usd(1), eur.clone()]]).is_err());
        assert!(refund(&[[usd(1), eur.clone(), usd(1)]]).is_err());
        let error = refund(&[[usd(1), usd(1), usd(1)], [eur.clone(), eur.clone(), eur]]).unwrap_err();
        assert!(error.to_string().contains("`items` mixes currencies"), "{error}");
    }
}
