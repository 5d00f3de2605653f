//! The facts of a shop: orders, their refunds, and prospects.

use std::time::Duration;

use domain::fact::Fact;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::shop::{BEGIN, PRODUCTS};
use super::time::Busy;

/// A fact, as its producer would publish it.
#[derive(Debug, Clone, PartialEq)]
pub struct FactSpec {
    kind: Kind,
    /// The order or the prospect that it is about.
    about: usize,
    buyer: usize,
    /// The products that were bought, and whether each is a gift.
    lines: Vec<(usize, bool)>,
    /// When it happens, as a part of the history's day.
    at: f64,
    /// Seconds by which the producer's clock is ahead.
    skew: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Order,
    /// A refund: of everything, or of a part.
    Refund {
        whole: bool,
    },
    Prospect,
    /// A fact that violates the contract.
    Broken,
}

impl FactSpec {
    /// A few orders of three buyers, at most so many, some of them refunded, and prospects who buy or do not.
    pub(super) fn some(rng: &mut Rng, most: usize) -> Vec<Self> {
        let mut facts = Vec::new();
        for about in 0..rng.usize(1..=most) {
            let lines = match rng.u8(..5) {
                0 => vec![(0, false), (1, rng.bool())],
                1 => vec![(1, false)],
                2 => vec![(0, true)],
                _ => vec![(0, false)],
            };
            let (buyer, at) = (rng.usize(..3), rng.f64());
            let skew = match rng.u8(..10) {
                0 => rng.i64(-90_000..0),
                1 => rng.i64(0..400),
                _ => 0,
            };
            let kind = match rng.u8(..12) {
                0 | 1 => Kind::Prospect,
                2 => Kind::Broken,
                _ => Kind::Order,
            };
            let fact = Self { kind, about, buyer, lines, at, skew };
            if kind == Kind::Order && rng.u8(..3) > 0 {
                let at = at + (1.0 - at) * rng.f64();
                let whole = rng.u8(..4) > 0;
                facts.push(Self { kind: Kind::Refund { whole }, at, ..fact.clone() });
            }
            facts.push(fact);
        }
        facts
    }

    /// When it happens.
    pub(super) fn at(&self, time: Busy) -> Duration {
        time.at(self.at)
    }

    /// The producer's id.
    pub(super) fn id(&self) -> String {
        let kind = match self.kind {
            Kind::Order => "ord",
            Kind::Refund { .. } => "re",
            Kind::Prospect => "pro",
            Kind::Broken => "broken",
        };
        format!("{kind}_{}", self.about)
    }

    /// The fact's kind and detail on the bus, for a marketplace.
    pub(super) fn published(&self, marketplace: &str, time: Busy) -> (&'static str, String) {
        let after = SignedDuration::try_from(self.at(time)).unwrap_or_default();
        let occurred_at: Timestamp = BEGIN + after + SignedDuration::from_secs(self.skew);
        let mut detail = json!({
            "id": self.id(), "marketplace_id": marketplace, "occurred_at": occurred_at, "test_mode": false,
            "customer": { "id": format!("cus_{}", self.buyer), "email": self.email() },
        });
        let price = json!({ "amount": 4900 + 2000 * self.about, "currency": "USD" });
        let kind = match self.kind {
            Kind::Order => {
                detail["order"] = json!({ "id": format!("ord_{}", self.about), "total": price });
                detail["items"] = self.items(&price, |_| {});
                "Order Completed"
            }
            Kind::Refund { whole } => {
                detail["order"] = json!({ "id": format!("ord_{}", self.about), "total": price });
                detail["charge_id"] = json!(format!("ch_{}", self.about));
                detail["charge_kind"] = json!("checkout");
                let now = if whole { price.clone() } else { json!({ "amount": 100, "currency": "USD" }) };
                detail["items"] = self.items(&price, |line| {
                    line["paid"] = price.clone();
                    line["refunded_now"] = now.clone();
                    line["refunded_total"] = now.clone();
                });
                "Charge Refunded"
            }
            Kind::Prospect => {
                detail["item"] = self.item(0, &price);
                "Prospect Created"
            }
            Kind::Broken => {
                detail["items"] = json!("none");
                "Order Completed"
            }
        };
        (kind, detail.to_string())
    }

    fn items(&self, price: &Value, change: impl Fn(&mut Value)) -> Value {
        let line = |nth: usize| {
            let mut line = self.item(nth, price);
            change(&mut line);
            line
        };
        (0..self.lines.len()).map(line).collect()
    }

    fn item(&self, nth: usize, price: &Value) -> Value {
        let (product, gift) = self.lines[nth];
        let mut item = json!({
            "line_id": format!("li_{nth}"), "product_id": PRODUCTS[product], "name": "A course",
            "role": if nth == 0 { "primary" } else { "upsell" }, "quantity": 1, "price": price,
        });
        if gift {
            item["gift"] = json!({ "recipient": { "email": format!("friend-{}@example.com", self.buyer) } });
        }
        item
    }

    fn email(&self) -> String {
        format!("buyer-{}@example.com", self.buyer)
    }

    /// The fact as a trigger reads it; `None` if it violates the contract.
    pub(super) fn read(&self, marketplace: &str, time: Busy) -> Option<Fact> {
        let (kind, detail) = self.published(marketplace, time);
        Fact::parse(kind, &detail).ok()
    }

    /// Whether the engine stores it, whatever the rules are.
    pub(super) fn is_stored(&self) -> bool {
        match self.kind {
            Kind::Order | Kind::Prospect => true,
            Kind::Refund { .. } | Kind::Broken => false,
        }
    }
}
