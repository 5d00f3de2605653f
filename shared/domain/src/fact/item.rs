//! One line of an order: product, role and price.

use std::borrow::Cow;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Deref;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::email::Email;
use super::text::{Id, Label, Prose};
use super::time;
use crate::blank;
use crate::id::ProductId;
use crate::keyed::keyed;
use crate::money::Money;

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The platform's id of the line; [`Item::line_id`] returns the default if this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_id: Option<Id>,
    /// The product that was bought.
    pub product_id: ProductId,
    /// Its name; [`Item::name`] returns the default if this is blank.
    name: Label,
    /// The way in which it was added to the order.
    pub role: Role,
    /// The number of units.
    pub quantity: NonZeroU32,
    /// The price of one unit, before coupon and tax.
    pub price: Money,
    /// The coupon that was applied to this line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coupon: Option<Coupon>,
    /// The name of the price plan that the customer chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_option: Option<Label>,
    /// Present when the line is a gift.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift: Option<Gift>,
    /// The time at which the line was charged, if that differs from the fact's time.
    #[serde(default, deserialize_with = "time::optional", skip_serializing_if = "Option::is_none")]
    pub charged_at: Option<Timestamp>,
}

keyed! {
    /// The way in which a product was added to an order.
    pub enum Role, "role", "roles" {
        /// The product that the checkout page sells.
        Primary = "primary",
        /// Accepted in the funnel after the checkout.
        Upsell = "upsell",
        /// Ticked on the checkout page beside the primary product.
        OrderBump = "order_bump",
        /// The primary product at another of its prices.
        PaymentOption = "payment_option",
    }
}

/// A coupon applied to a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coupon {
    /// The code that the customer entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Label>,
    /// The discount on the whole line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Money>,
}

/// The gift of a line that was bought for another person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gift {
    /// The person who receives the gift.
    pub recipient: Recipient,
}

/// The person who receives a gift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The address of the recipient.
    pub email: Email,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Label>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Label>,
    /// Phone number as the buyer wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Label>,
    /// The buyer's message to the recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Prose>,
}

impl Item {
    /// The line's id, or its position counted from 1 if it has no id. Unique within the fact.
    pub fn line_id(&self, index: usize) -> Cow<'_, str> {
        match &self.line_id {
            Some(id) => Cow::Borrowed(id.as_str()),
            None => Cow::Owned((index + 1).to_string()),
        }
    }

    /// Its name, or the id of its product if the name is blank.
    pub fn name(&self) -> &str {
        if blank::is_blank(&self.name) { self.product_id.as_str() } else { &self.name }
    }

    /// The code of the coupon that was applied.
    pub fn coupon_code(&self) -> Option<&str> {
        self.coupon.as_ref()?.code.as_deref()
    }

    /// The recipient, if the line is a gift.
    pub fn gift_recipient(&self) -> Option<&Recipient> {
        self.gift.as_ref().map(|gift| &gift.recipient)
    }

    /// The cost of the line before tax: price times quantity, less the coupon's discount in the same currency.
    pub fn amount(&self) -> Money {
        let whole = self.price.times(self.quantity.get());
        let discount = self.coupon.as_ref().and_then(|coupon| coupon.discount);
        discount.and_then(|discount| whole.less(discount)).unwrap_or(whole)
    }
}

/// The lines of a fact: 1 to 100, each with a unique line id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Item>")]
pub struct Items(Vec<Item>);

/// An invalid list of lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidItems {
    /// The list is empty.
    #[error("has no items; give at least one")]
    Empty,
    /// More lines than are planned at once.
    #[error("has {0} items; the limit is 100")]
    TooMany(usize),
    /// Two lines with one id: an effect of the second would count as a repetition of the first's.
    #[error(
        "has one line id at positions {first} and {second}; give each line its own `line_id` (the default is the \
         position)"
    )]
    SameLine {
        /// Position counted from 1.
        first: usize,
        /// Position counted from 1.
        second: usize,
    },
}

impl Items {
    /// The most lines that a fact may have.
    pub const MAX: usize = 100;
}

impl TryFrom<Vec<Item>> for Items {
    type Error = InvalidItems;

    fn try_from(items: Vec<Item>) -> Result<Self, InvalidItems> {
        if items.is_empty() {
            return Err(InvalidItems::Empty);
        }
        if items.len() > Self::MAX {
            return Err(InvalidItems::TooMany(items.len()));
        }
        if let Some(clash) = same_line(&items) {
            return Err(clash);
        }
        Ok(Self(items))
    }
}

fn same_line(items: &[Item]) -> Option<InvalidItems> {
    let mut seen = HashMap::new();
    items.iter().enumerate().find_map(|(index, item)| {
        let first = seen.insert(item.line_id(index), index)?;
        Some(InvalidItems::SameLine { first: first + 1, second: index + 1 })
    })
}

impl From<Items> for Vec<Item> {
    fn from(items: Items) -> Vec<Item> {
        items.0
    }
}

impl Deref for Items {
    type Target = [Item];
    fn deref(&self) -> &[Item] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn item(extra: &Value) -> Item {
        let mut item = json!({
            "product_id": "sourdough", "name": "Sourdough", "role": "primary", "quantity": 2,
            "price": { "amount": 1000, "currency": "USD" },
        });
        for (key, value) in extra.as_object().unwrap() {
            item[key] = value.clone();
        }
        serde_json::from_value(item).unwrap()
    }

    #[test]
    fn a_line_without_an_id_is_known_by_its_position_from_one() {
        assert_eq!(item(&json!({})).line_id(0), "1");
        assert_eq!(item(&json!({ "line_id": null })).line_id(4), "5");
        assert_eq!(item(&json!({ "line_id": "li_7" })).line_id(4), "li_7");
    }

    #[test]
    fn a_line_without_a_name_is_called_by_its_product() {
        assert_eq!(item(&json!({ "name": "Rye" })).name(), "Rye");
        assert_eq!(item(&json!({ "name": " " })).name(), "sourdough");
    }

    #[test]
    fn the_amount_of_a_line_counts_quantity_and_coupon() {
        assert_eq!(item(&json!({})).amount().amount, 2000);
        let coupon = json!({ "code": "RYE", "discount": { "amount": 500, "currency": "USD" } });
        assert_eq!(item(&json!({ "coupon": coupon })).amount().amount, 1500);
        assert_eq!(item(&json!({ "coupon": { "code": "RYE" } })).amount().amount, 2000);
    }

    #[test]
    fn a_gift_has_a_recipient_and_other_lines_have_none() {
        assert_eq!(item(&json!({ "gift": null })).gift_recipient(), None);
        let gift = item(&json!({ "gift": { "recipient": { "email": "bo@example.com" } } }));
        assert_eq!(gift.gift_recipient().unwrap().email.as_str(), "bo@example.com");
    }

    #[test]
    fn a_fact_has_from_one_to_a_hundred_lines() {
        assert_eq!(Items::try_from(vec![]), Err(InvalidItems::Empty));
        assert!(Items::try_from(vec![item(&json!({})); 100]).is_ok());
        assert_eq!(Items::try_from(vec![item(&json!({})); 101]), Err(InvalidItems::TooMany(101)));
    }

    #[test]
    fn two_lines_never_share_an_id_not_even_by_default() {
        let named = item(&json!({ "line_id": "2" }));
        let error = Items::try_from(vec![named, item(&json!({}))]).unwrap_err();
        assert_eq!(error, InvalidItems::SameLine { first: 1, second: 2 });
    }
}
