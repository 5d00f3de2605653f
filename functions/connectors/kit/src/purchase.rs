//! What a fact says was bought, as Kit takes it.
//!
//! A purchase is one line of an order or one recurring charge, not an order: rules are about products, each line may
//! have a gift recipient of its own, and Kit wants a product only once in a purchase, while an order may have it twice.
//! So an order of two lines is two purchases, and their subtotals and discounts add up to the order's. Tax and shipping
//! belong to no line; they are told where the line is all of the order.

use connector::failure::LeftOut;
use domain::fact::{Item, Order, SubscriptionCharge};
use domain::job::Job;
use domain::money::Money;
use domain::trigger::Trigger;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::subscriber::Subscriber;

/// What was paid for one product. Subtotal less discount, plus tax and shipping, is the total.
#[derive(Debug, Clone)]
pub struct Purchase<'a> {
    /// The same however often the fact is told, and by whichever rule. What Kit does with one that it knows is not
    /// documented; this is what it can tell a repetition by.
    transaction_id: String,
    pub(crate) buyer: Subscriber<'a>,
    time: Timestamp,
    /// What the line is called in its order, or fact.
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

/// The part of an order's fact that an action for one line gets.
#[derive(Deserialize)]
struct OrderLine {
    order: Order,
    item: Item,
}

impl<'a> Purchase<'a> {
    /// What the job tells of; none where its fact is no sale.
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
                // Ids of orders and of charges may be equal.
                (format!("charge:{}", charge.charge_id), product, amounts)
            }
            _ => return None,
        };
        let buyer = Subscriber::of(&job.contact);
        Some(Self { transaction_id, buyer, time: job.occurred_at, line, product, amounts })
    }

    /// The same without what is left out.
    #[must_use]
    pub fn without(&self, left_out: &LeftOut) -> Self {
        Self { buyer: self.buyer.without(left_out), ..self.clone() }
    }

    /// As V3 takes it, of this buyer.
    pub(crate) fn v3(&self, buyer: Subscriber<'a>) -> Record<'_, f64> {
        self.record(buyer.first_name, self.amounts, major(self.amounts.shipping))
    }

    /// As V4 takes it, whose shipping is a whole number. Shipping with cents is left out, of the total too: figures that
    /// do not add up would help nobody.
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
    /// The line by itself.
    fn of_line(item: &Item) -> Self {
        let (subtotal, total) = (item.price.times(item.quantity.get()), item.amount());
        let nothing = Money::new(0, subtotal.currency);
        let discount = subtotal.less(total).unwrap_or(nothing);
        Self { subtotal, discount, tax: nothing, shipping: nothing, total }
    }

    /// The order's, where the line is all that costs anything in it and they add up.
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

/// A recurring charge says what was charged. Where the line comes to something else, taxes or another price of the plan,
/// the charge is told as one piece: what the difference is made of is not known.
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

/// Major units. Shortest decimals come out again: an amount has fewer digits than a double keeps.
#[expect(clippy::cast_precision_loss, reason = "an amount is at most 2^53 - 1")]
fn major(money: Money) -> f64 {
    money.amount as f64 / f64::from(10_u32.pow(money.currency.minor_digits()))
}

/// Kit's purchase; `S` is how its generation counts shipping. What Kit has as optional is sent too: it has refused a
/// purchase for a blank `sku`.
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
