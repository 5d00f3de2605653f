//! Orders: charged, failed, completed, added to.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::error::FactError;
use super::item::Items;
use super::kind::FactKind;
use super::read;
use super::text::{Id, Label, Name, Prose};
use crate::money::Money;

/// What facts about a whole order carry.
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
    /// What would have been bought.
    pub attempt: OrderFact,
    /// Why it was not.
    pub failure: Failure,
}

/// An order as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The platform's id of the order.
    pub id: Id,
    /// What the customer pays, everything included; 0 when a coupon covers it all.
    pub total: Money,
    /// The lines before discount, tax and shipping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtotal: Option<Money>,
    /// Tax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<Money>,
    /// Shipping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Money>,
    /// What coupons took off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Money>,
    /// What the customer answered on the checkout page, by the field's name; unanswered fields are left out.
    #[serde(default, deserialize_with = "answered", skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_fields: BTreeMap<Name, Prose>,
    /// Where the customer came from.
    #[serde(default, deserialize_with = "null_as_default")]
    pub utm: Utm,
    /// Who sent the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affiliate: Option<Affiliate>,
}

/// Just which order.
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

/// Who sent the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affiliate {
    /// The platform's id of the affiliate.
    pub id: Id,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Label>,
}

/// Why a charge failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The payment processor's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Label>,
    /// What the processor said, for people.
    pub message: Prose,
}

impl FailedOrder {
    pub(super) fn read(detail: &Value) -> Result<Self, FactError> {
        #[derive(Deserialize)]
        struct Failed {
            failure: Failure,
        }

        let schema = FactKind::CheckoutFailed.schema();
        let attempt = read(schema, detail)?;
        let Failed { failure } = read(schema, detail)?;
        Ok(Self { attempt, failure })
    }
}

fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn answered<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Name, Prose>, D::Error> {
    let fields = Option::<BTreeMap<Name, Option<Prose>>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order(custom_fields: &Value, utm: &Value) -> Order {
        let total = json!({ "amount": 0, "currency": "USD" });
        let order = json!({ "id": "1", "total": total, "custom_fields": custom_fields, "utm": utm });
        serde_json::from_value(order).unwrap()
    }

    #[test]
    fn unanswered_fields_are_left_out() {
        let order = order(&json!({ "Flour": "rye", "Oven": null, "Notes": "" }), &json!({ "source": null }));
        let fields: Vec<_> = order.custom_fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(fields, [("Flour", "rye"), ("Notes", "")]);
        assert_eq!(order.utm, Utm::default());
    }

    #[test]
    fn null_in_place_of_an_object_is_absent() {
        let order = order(&Value::Null, &Value::Null);
        assert!(order.custom_fields.is_empty());
        assert_eq!(order.utm, Utm::default());
    }
}
