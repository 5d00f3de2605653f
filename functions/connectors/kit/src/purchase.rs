//! Maps a fact to a purchase in Kit.
//!
//! A purchase is one line of an order or one recurring charge, not an order: rules concern products, each line may have
//! its own gift recipient, and Kit accepts a product only once per purchase, while an order may have it twice. An order
//! of two lines is therefore two purchases, whose subtotals and discounts add up to the order's. Tax and shipping
//! belong to no line; they are sent only if the line is the whole order.

use connector::failure::LeftOut;
use domain::fact::{Item, Order, SubscriptionCharge};
use domain::job::Job;
use domain::money::Money;
use domain::trigger::Trigger;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::subscriber::Subscriber;

/// The payment for one product. The total is the subtotal less the discount, plus tax and shipping.
#[derive(Debug, Clone)]
pub struct Purchase<'a> {
    /// The same for every repetition of the fact and for every rule. Kit does not document how it handles a known id;
    /// this id makes a repetition recognizable.
    transaction_id: String,
    pub(crate) buyer: Subscriber<'a>,
    time: Timestamp,
    /// The line's id in its order or fact.
    line: &'a str,
    product: Bought,
    amounts: Amounts,
}

#[derive(Debug, Clone)]
struct Bought {
    id: String,
    name: String,
    quantity: u32,
    price: Money,
}

#[derive(Debug, Clone, Copy)]
struct Amounts {
    subtotal: Money,
    discount: Money,
    tax: Money,
    shipping: Money,
    total: Money,
}

/// The part of an order's fact that an action for one line receives.
#[derive(Deserialize)]
struct OrderLine {
    order: Order,
    item: Item,
}

impl<'a> Purchase<'a> {
    /// The job's purchase; `None` if the fact contains no sale.
    pub fn of(job: &'a Job) -> Option<Self> {
        let payload = job.payload.as_ref()?;
        let line = job.line.as_deref().unwrap_or("1");
        let (transaction_id, product, amounts) = match job.trigger {
            Trigger::ProductPurchased => {
                let OrderLine { order, item } = payload.read().ok()?;
                let amounts = Amounts::of_all(&order, &item).unwrap_or_else(|| Amounts::of_line(&item));
                (format!("{}:{line}", order.id), Bought::of(&item), amounts)
            }
            Trigger::SubscriptionCharged => {
                let charge: SubscriptionCharge = payload.read().ok()?;
                let (product, amounts) = charged(&charge);
                // The prefix is needed because an order and a charge may have the same id.
                (format!("charge:{}", charge.charge_id), product, amounts)
            }
            _ => return None,
        };
        let buyer = Subscriber::of(&job.contact);
        Some(Self { transaction_id, buyer, time: job.occurred_at, line, product, amounts })
    }

    /// The same purchase without the fields in `left_out`.
    #[must_use]
    pub fn without(&self, left_out: &LeftOut) -> Self {
        Self { buyer: self.buyer.without(left_out), ..self.clone() }
    }

    /// The request of V3, for this buyer.
    pub(crate) fn v3(&self, buyer: Subscriber<'a>) -> Record<'_, f64> {
        self.record(buyer.first_name, self.amounts, major(self.amounts.shipping))
    }

    /// The request of V4, in which shipping is a whole number. Shipping with cents is left out, also of the total, so
    /// that the amounts add up.
    pub(crate) fn v4(&self) -> Record<'_, u64> {
        let Amounts { shipping, total, .. } = self.amounts;
        let unit = 10_u64.pow(shipping.currency.minor_digits());
        if shipping.amount % unit == 0 {
            return self.record(None, self.amounts, shipping.amount / unit);
        }
        let total = total.less(shipping).unwrap_or(total);
        self.record(None, Amounts { total, ..self.amounts }, 0)
    }

    fn record<S>(&self, first_name: Option<&'a str>, amounts: Amounts, shipping: S) -> Record<'_, S> {
        let Bought { id, name, quantity, price } = &self.product;
        Record {
            transaction_id: &self.transaction_id,
            email_address: self.buyer.email,
            first_name,
            currency: amounts.total.currency.to_string(),
            transaction_time: self.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            status: "paid",
            subtotal: major(amounts.subtotal),
            tax: major(amounts.tax),
            shipping,
            discount: major(amounts.discount),
            total: major(amounts.total),
            products: [Product {
                pid: id,
                lid: self.line,
                sku: id,
                name,
                unit_price: major(*price),
                quantity: *quantity,
            }],
        }
    }
}

impl Bought {
    fn of(item: &Item) -> Self {
        Self {
            id: item.product_id.to_string(),
            name: item.name().to_owned(),
            quantity: item.quantity.get(),
            price: item.price,
        }
    }
}

impl Amounts {
    /// The amounts of the line alone.
    fn of_line(item: &Item) -> Self {
        let (subtotal, total) = (item.price.times(item.quantity.get()), item.amount());
        let nothing = Money::new(0, subtotal.currency);
        let discount = subtotal.less(total).unwrap_or(nothing);
        Self { subtotal, discount, tax: nothing, shipping: nothing, total }
    }

    /// The amounts of the order, if no other line costs anything and they add up.
    fn of_all(order: &Order, item: &Item) -> Option<Self> {
        let whole = item.price.times(item.quantity.get());
        let subtotal = order.subtotal.filter(|subtotal| *subtotal == whole && subtotal.amount > 0)?;
        let nothing = Money::new(0, subtotal.currency);
        let [discount, tax, shipping] =
            [order.discount, order.tax, order.shipping].map(|money| money.unwrap_or(nothing));
        let total = subtotal.less(discount)?.plus(tax)?.plus(shipping)?;
        let adds_up = total == order.total && discount.amount <= subtotal.amount;
        adds_up.then_some(Self { subtotal, discount, tax, shipping, total })
    }
}

/// A recurring charge has the charged amount. If the line's amount differs, because of taxes or another price of the
/// plan, the purchase has one item with the charged amount: the difference cannot be broken down.
fn charged(charge: &SubscriptionCharge) -> (Bought, Amounts) {
    let (product, amounts) = (Bought::of(&charge.item), Amounts::of_line(&charge.item));
    if amounts.total == charge.amount {
        return (product, amounts);
    }
    let nothing = Money::new(0, charge.amount.currency);
    let (subtotal, total) = (charge.amount, charge.amount);
    let amounts = Amounts { subtotal, discount: nothing, tax: nothing, shipping: nothing, total };
    (Bought { quantity: 1, price: charge.amount, ..product }, amounts)
}

/// Major units. The shortest decimal form is exact, because an amount has fewer digits than a double can represent.
#[expect(clippy::cast_precision_loss, reason = "an amount is at most 2^53 - 1")]
fn major(money: Money) -> f64 {
    money.amount as f64 / f64::from(10_u32.pow(money.currency.minor_digits()))
}

/// Kit's purchase; `S` is the generation's type for shipping. Optional fields are sent too, because Kit has rejected a
/// purchase with a blank `sku`.
#[derive(Debug, Serialize)]
pub(crate) struct Record<'a, S> {
    transaction_id: &'a str,
    email_address: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    currency: String,
    transaction_time: String,
    status: &'static str,
    subtotal: f64,
    tax: f64,
    shipping: S,
    discount: f64,
    total: f64,
    products: [Product<'a>; 1],
}

#[derive(Debug, Serialize)]
struct Product<'a> {
    pid: &'a str,
    lid: &'a str,
    sku: &'a str,
    name: &'a str,
    unit_price: f64,
    quantity: u32,
}
