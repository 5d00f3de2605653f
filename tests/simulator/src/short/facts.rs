//! The facts of a short history: purchases of one or two products, and their refunds.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use domain::fact::Fact;
use domain::id::EventId;
use domain::plan;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::shop::{BEGIN, MARKETPLACE, PRODUCTS, secret};

/// A fact, as its producer would publish it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactSpec {
    /// The order that it is about.
    order: usize,
    buyer: usize,
    /// The products that were bought.
    lines: Vec<usize>,
    is_refund: bool,
    /// Seconds from the history's begin to the time that the producer gives.
    at: i64,
}

/// A fact as a trigger reads it.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) fact: Fact,
    pub(super) detail: String,
    pub(super) event: EventId,
}

thread_local! {
    /// Histories have few different facts, and a fact reads the same each time.
    static RECEIVED: RefCell<BTreeMap<FactSpec, Rc<Received>>> = RefCell::default();
}

impl FactSpec {
    /// The purchase of order number `order`, at this second of the history.
    #[cfg(test)]
    pub(super) fn purchase(order: usize, at: i64) -> Self {
        Self { order, buyer: 0, lines: vec![0], is_refund: false, at }
    }

    /// The refund of this order.
    #[cfg(test)]
    pub(super) fn refund(order: usize, at: i64) -> Self {
        Self { is_refund: true, ..Self::purchase(order, at) }
    }

    /// The same fact about this product.
    #[cfg(test)]
    pub(super) fn with(self, product: usize) -> Self {
        Self { lines: vec![product], ..self }
    }

    /// The same fact of another buyer.
    #[cfg(test)]
    pub(super) fn of(self, buyer: usize) -> Self {
        Self { buyer, ..self }
    }

    /// A few orders of two buyers, some of them refunded, some at the same instant or dated ahead.
    pub(super) fn some(rng: &mut Rng) -> Vec<Self> {
        let mut facts = Vec::new();
        for order in 0..rng.usize(1..=3) {
            let lines = match rng.u8(..4) {
                0 => vec![0, 1],
                1 => vec![1],
                _ => vec![0],
            };
            let at = i64::from(rng.u8(..3)) - 10;
            let at = if rng.u8(..8) == 0 { 300 } else { at };
            let purchase = Self { order, buyer: rng.usize(..8) / 6, lines, is_refund: false, at };
            if rng.u8(..3) > 0 {
                let at = at + i64::from(rng.u8(..3));
                facts.push(Self { is_refund: true, at, ..purchase.clone() });
            }
            facts.push(purchase);
        }
        facts
    }

    /// Two or three orders of one buyer and one product, some of them refunded, at nearly the same time.
    pub(super) fn alike(rng: &mut Rng) -> Vec<Self> {
        let mut facts = Vec::new();
        for order in 0..rng.usize(2..=3) {
            let at = i64::from(rng.u8(..3)) - 10;
            let purchase = Self { order, buyer: 0, lines: vec![0], is_refund: false, at };
            if rng.u8(..3) > 0 {
                let at = at + i64::from(rng.u8(..3));
                facts.push(Self { is_refund: true, at, ..purchase.clone() });
            }
            facts.push(purchase);
        }
        facts
    }

    /// The buyer's number.
    pub(super) fn buyer(&self) -> usize {
        self.buyer
    }

    /// The products of its lines.
    pub(super) fn products(&self) -> &[usize] {
        &self.lines
    }

    /// The fact's kind and detail on the bus.
    pub(super) fn published(&self) -> (&'static str, String) {
        let occurred_at = self.occurred_at();
        let price = json!({ "amount": 4900, "currency": "USD" });
        let line = |nth: usize, product: usize| {
            let mut line = json!({
                "line_id": format!("li_{nth}"), "product_id": PRODUCTS[product], "name": "A course",
                "role": if nth == 0 { "primary" } else { "upsell" }, "quantity": 1, "price": price,
            });
            if self.is_refund {
                for field in ["paid", "refunded_now", "refunded_total"] {
                    line[field] = price.clone();
                }
            }
            line
        };
        let lines: Vec<_> = self.lines.iter().enumerate().map(|(nth, product)| line(nth, *product)).collect();
        let mut detail = json!({
            "marketplace_id": MARKETPLACE, "occurred_at": occurred_at, "test_mode": false, "items": lines,
            "customer": { "id": format!("cus_{}", self.buyer), "email": format!("buyer-{}@example.com", self.buyer) },
            "order": { "id": format!("ord_{}", self.order), "total": price },
            "charge_id": format!("ch_{}", self.order),
        });
        let (kind, id) = if self.is_refund {
            detail["charge_kind"] = json!("checkout");
            ("Charge Refunded", format!("re_{}", self.order))
        } else {
            ("Order Completed", format!("ord_{}.completed", self.order))
        };
        detail["id"] = json!(id);
        (kind, detail.to_string())
    }

    /// The fact as a trigger reads it.
    ///
    /// # Panics
    /// The detail breaks the contract.
    #[expect(clippy::expect_used, reason = "the simulator publishes valid facts")]
    pub(super) fn received(&self) -> Rc<Received> {
        let known = RECEIVED.with_borrow(|known| known.get(self).cloned());
        known.unwrap_or_else(|| {
            let (kind, detail) = self.published();
            let fact = Fact::parse(kind, &detail).expect("a fact");
            let event = plan::event_id(secret(), &fact);
            let received = Rc::new(Received { fact, detail, event });
            RECEIVED.with_borrow_mut(|known| known.insert(self.clone(), Rc::clone(&received)));
            received
        })
    }

    /// The time that the producer gives.
    pub(super) fn occurred_at(&self) -> Timestamp {
        BEGIN + SignedDuration::from_secs(self.at)
    }
}
