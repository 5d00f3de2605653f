//! Facts about orders: charged, failed, completed, extended.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::error::FactError;
use super::item::Items;
use super::reader::Reader;
use super::text::{Id, Label, Prose};
use crate::blank;
use crate::money::Money;

/// The fields of facts about a whole order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OrderFact {
    /// The order.
    pub order: Order,
    /// The lines that the fact is about.
    pub items: Items,
    /// The platform's id of the charge.
    pub charge_id: Option<Id>,
}

/// An order whose charge failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedOrder {
    /// The order that was attempted.
    pub attempt: OrderFact,
    /// The reason for the failure.
    pub failure: Failure,
}

/// An order as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The platform's id of the order.
    pub id: Id,
    /// The amount that the customer pays, everything included; 0 if a coupon covers it all.
    pub total: Money,
    /// The sum of the lines before discount, tax and shipping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtotal: Option<Money>,
    /// Tax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<Money>,
    /// Shipping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Money>,
    /// The discount of coupons, as a positive amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Money>,
    /// The customer's answers on the checkout page, by the field's name. Blank answers and fields without a name are
    /// left out.
    #[serde(default, deserialize_with = "answered", skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<Label, Prose>,
    /// The campaign that led the customer to the checkout.
    #[serde(default, deserialize_with = "null_as_default")]
    pub utm: Utm,
    /// The affiliate that referred the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affiliate: Option<Affiliate>,
}

/// A reference to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRef {
    /// The platform's id of the order.
    pub id: Id,
}

/// The campaign parameters of the link that led to the checkout.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utm {
    /// `utm_source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Label>,
    /// `utm_medium`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<Label>,
    /// `utm_campaign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Label>,
    /// `utm_term`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<Label>,
    /// `utm_content`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Label>,
}

/// The affiliate that referred a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affiliate {
    /// The platform's id of the affiliate. It only describes the order, so it is cut like a name.
    pub id: Option<Label>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Label>,
}

/// The reason why a charge failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The payment processor's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Label>,
    /// The processor's message for people.
    pub message: Prose,
}

impl FailedOrder {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, FactError> {
        #[derive(Deserialize)]
        struct Failed {
            failure: Failure,
        }

        let attempt = reader.read()?;
        let Failed { failure } = reader.read()?;
        Ok(Self { attempt, failure })
    }
}

fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn answered<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Label, Prose>, D::Error> {
    let fields = Option::<BTreeMap<Label, Option<Prose>>>::deserialize(deserializer)?.unwrap_or_default();
    let named = fields.into_iter().filter(|(name, _)| !blank::is_blank(name));
    Ok(named.filter_map(|(name, value)| Some((name, value?))).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn order(custom_fields: &Value, utm: &Value) -> Order {
        let total = json!({ "amount": 0, "currency": "USD" });
        let order = json!({ "id": "1", "total": total, "custom_fields": custom_fields, "utm": utm });
        Reader::new("", &order).read().unwrap()
    }

    #[test]
    fn unanswered_fields_are_left_out() {
        let fields =
            json!({ "Flour": "rye", "Oven": null, "Notes": "", "Size": " \u{200b}", "": "nameless" });
        let order = order(&fields, &json!({ "source": null, "medium": "" }));
        let fields: Vec<_> = order.custom_fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(fields, [("Flour", "rye")]);
        assert_eq!(order.utm, Utm::default());
    }

    #[test]
    fn null_in_place_of_an_object_is_absent() {
        let order = order(&Value::Null, &Value::Null);
        assert!(order.custom_fields.is_empty());
        assert_eq!(order.utm, Utm::default());
    }
}
