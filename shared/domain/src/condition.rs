//! The conditions that a rule can set on a fact, besides its trigger.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::blank::is_blank;
use crate::fact::text::Label;
use crate::fact::{Fact, Item};
use crate::firing::Subject;
use crate::keyed::keyed;
use crate::quote;

/// One condition: a field of the fact, an operator, a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The field of the fact.
    pub field: Field,
    /// The comparison.
    pub operator: Operator,
    /// The value to compare with: absent for `exists` and `not_exists`, a list for `in` and `not_in`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
}

/// A field of a fact. If the trigger fires for a line, it is the field of that line. If it fires for an order, a field
/// of lines has one value for each line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Field {
    /// The money that the fact is about, in minor units.
    Amount,
    /// Its currency, ISO 4217.
    Currency,
    /// The coupon's code.
    CouponCode,
    /// The line's role: primary, upsell, order_bump, payment_option.
    ItemRole,
    /// The name of the price plan that was chosen.
    PaymentOption,
    /// Whether the fact happened in test mode.
    TestMode,
    /// The buyer's country, ISO 3166-1 alpha-2.
    CustomerCountry,
    /// An answer on the checkout page, by the field's exact name.
    CustomField(String),
    /// A parameter of the campaign.
    Utm(UtmPart),
}

/// The parameters of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UtmPart {
    /// `utm_source`
    Source,
    /// `utm_medium`
    Medium,
    /// `utm_campaign`
    Campaign,
    /// `utm_term`
    Term,
    /// `utm_content`
    Content,
}

keyed! {
    /// The comparison of a condition.
    pub enum Operator, "operator", "operators" {
        /// Equal, ignoring case.
        Equals = "equals",
        /// Not equal.
        NotEquals = "not_equals",
        /// Equal to a value of the list.
        In = "in",
        /// Equal to no value of the list.
        NotIn = "not_in",
        /// Contains the text, ignoring case.
        Contains = "contains",
        /// A number at least as large.
        AtLeast = "at_least",
        /// A number at most as large.
        AtMost = "at_most",
        /// The field has a value.
        Exists = "exists",
        /// The field has no value.
        NotExists = "not_exists",
    }
}

/// A condition that cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCondition {
    /// The field does not exist.
    #[error(
        "condition field `{0}` does not exist; the fields are: amount, currency, coupon_code, item_role, \
         payment_option, test_mode, customer_country, custom_field.<name>, and utm.source, .medium, .campaign, .term, .content"
    )]
    Field(String),
    /// A value that the field and operator do not accept.
    #[error("condition on `{field}` with `{operator}` has the value `{value}`, which must be {expected}")]
    Value {
        /// The field.
        field: Field,
        /// The operator.
        operator: &'static str,
        /// The given value.
        value: String,
        /// The values that are accepted.
        expected: &'static str,
    },
}

const FIELDS: [(&str, Field); 12] = [
    ("amount", Field::Amount),
    ("currency", Field::Currency),
    ("coupon_code", Field::CouponCode),
    ("item_role", Field::ItemRole),
    ("payment_option", Field::PaymentOption),
    ("test_mode", Field::TestMode),
    ("customer_country", Field::CustomerCountry),
    ("utm.source", Field::Utm(UtmPart::Source)),
    ("utm.medium", Field::Utm(UtmPart::Medium)),
    ("utm.campaign", Field::Utm(UtmPart::Campaign)),
    ("utm.term", Field::Utm(UtmPart::Term)),
    ("utm.content", Field::Utm(UtmPart::Content)),
];
const CUSTOM_FIELD: &str = "custom_field.";

impl FromStr for Field {
    type Err = InvalidCondition;
    fn from_str(text: &str) -> Result<Self, InvalidCondition> {
        if let Some(name) = text.strip_prefix(CUSTOM_FIELD).filter(|name| !name.is_empty()) {
            return Ok(Field::CustomField(name.to_owned()));
        }
        let known = FIELDS.into_iter().find(|(key, _)| *key == text).map(|(_, field)| field);
        known.ok_or_else(|| InvalidCondition::Field(quote::short(text)))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Field::CustomField(name) = self {
            return write!(f, "{CUSTOM_FIELD}{name}");
        }
        let known = FIELDS.iter().find(|(_, field)| field == self);
        f.write_str(known.map_or("?", |(key, _)| key))
    }
}

impl TryFrom<String> for Field {
    type Error = InvalidCondition;
    fn try_from(text: String) -> Result<Self, InvalidCondition> {
        text.parse()
    }
}

impl From<Field> for String {
    fn from(field: Field) -> String {
        field.to_string()
    }
}

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number: minor units for an amount.
    Number,
    /// True or false.
    Boolean,
}

/// The value that a condition needs for a field and an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// No value.
    Nothing,
    /// One value.
    One(Kind),
    /// A list of at least one value.
    Several(Kind),
}

impl Kind {
    fn takes(self, value: &Value) -> bool {
        match self {
            Kind::Text => value.is_string(),
            Kind::Number => is_storable(value),
            Kind::Boolean => value.is_boolean(),
        }
    }
}

impl Expected {
    fn takes(self, value: &Value) -> bool {
        match self {
            Expected::Nothing => value.is_null(),
            Expected::One(kind) => kind.takes(value),
            Expected::Several(kind) => value
                .as_array()
                .is_some_and(|list| !list.is_empty() && list.iter().all(|value| kind.takes(value))),
        }
    }
}

impl Field {
    /// Every field. The last one is a custom field with a placeholder for its name.
    pub fn all() -> impl Iterator<Item = Field> {
        let named = FIELDS.into_iter().map(|(_, field)| field);
        named.chain([Field::CustomField("<name>".to_owned())])
    }

    /// The kind of its values.
    pub fn kind(&self) -> Kind {
        match self {
            Field::Amount => Kind::Number,
            Field::TestMode => Kind::Boolean,
            Field::Currency
            | Field::CouponCode
            | Field::ItemRole
            | Field::PaymentOption
            | Field::CustomerCountry
            | Field::CustomField(_)
            | Field::Utm(_) => Kind::Text,
        }
    }

    /// The value that a condition needs for this field and an operator. `None` if the field does not have the operator.
    pub fn expects(&self, operator: Operator) -> Option<Expected> {
        let kind = self.kind();
        match operator {
            Operator::Equals | Operator::NotEquals => Some(Expected::One(kind)),
            Operator::In | Operator::NotIn => Some(Expected::Several(kind)),
            Operator::Contains => (kind == Kind::Text).then_some(Expected::One(kind)),
            // Custom fields are text, and often contain a number.
            Operator::AtLeast | Operator::AtMost => {
                matches!(self, Field::Amount | Field::CustomField(_)).then_some(Expected::One(Kind::Number))
            }
            Operator::Exists | Operator::NotExists => Some(Expected::Nothing),
        }
    }

    /// The values of the field in the fact, for one firing.
    fn values(&self, fact: &Fact, subject: Subject) -> Vec<Value> {
        let text = |text: &str| Value::from(text);
        let of_lines = |get: fn(&Item) -> Option<&str>| -> Vec<Value> {
            let lines = fact.items().filter(|(index, _)| subject.covers(*index));
            lines.filter_map(|(_, item)| get(item)).filter(|text| !is_blank(text)).map(text).collect()
        };
        let amount = fact.amount(subject.line());
        let found = match self {
            Field::CouponCode => {
                return of_lines(Item::coupon_code);
            }
            Field::ItemRole => return of_lines(|item| Some(item.role.key())),
            Field::PaymentOption => {
                return of_lines(|item| item.payment_option.as_ref().map(Label::as_str));
            }
            Field::Amount => amount.map(|money| Value::from(money.amount)),
            Field::Currency => amount.map(|money| text(money.currency.as_str())),
            Field::TestMode => Some(Value::from(fact.common.test_mode)),
            Field::CustomerCountry => fact.common.customer.country().map(|country| text(country.as_str())),
            Field::CustomField(name) => fact.custom_field(name).map(text),
            Field::Utm(part) => fact.utm().and_then(|utm| {
                let part = match part {
                    UtmPart::Source => &utm.source,
                    UtmPart::Medium => &utm.medium,
                    UtmPart::Campaign => &utm.campaign,
                    UtmPart::Term => &utm.term,
                    UtmPart::Content => &utm.content,
                };
                part.as_ref().map(|part| text(part.as_str()))
            }),
        };
        found.into_iter().filter(|value| !value.as_str().is_some_and(is_blank)).collect()
    }
}

impl Condition {
    /// Checks the condition's value against its field and operator. Called when a rule is saved.
    pub fn check(&self) -> Result<(), InvalidCondition> {
        let expected = self.field.expects(self.operator);
        if expected.is_some_and(|expected| expected.takes(&self.value)) {
            return Ok(());
        }
        let expected = match (self.operator, self.field.kind()) {
            (Operator::Equals | Operator::NotEquals, Kind::Number) => "a number of minor units",
            (Operator::Equals | Operator::NotEquals, Kind::Boolean) => "true or false",
            (Operator::Equals | Operator::NotEquals, Kind::Text) => "a text",
            (Operator::In | Operator::NotIn, _) => "a list of at least one value",
            (Operator::Contains, _) => "a text, on a field that holds text",
            (Operator::AtLeast | Operator::AtMost, _) => "a number, on amount or a custom field",
            (Operator::Exists | Operator::NotExists, _) => "left out",
        };
        Err(InvalidCondition::Value {
            field: self.field.clone(),
            operator: self.operator.key(),
            value: quote::short(&self.value.to_string()),
            expected,
        })
    }

    /// Judges a fact. `Err` contains the fact's value.
    pub fn judge(&self, fact: &Fact, subject: Subject) -> Result<(), Value> {
        self.compare(self.field.values(fact, subject))
    }

    /// Whether a field with this one value, or the same value with blanks around it, can satisfy the condition.
    pub(crate) fn admits(&self, value: &Value) -> bool {
        if self.operator == Operator::Contains {
            let part = self.value.as_str().map(str::trim).map(Value::from);
            return part.is_some_and(|part| contains(value, &part));
        }
        self.compare(vec![value.clone()]).is_ok()
    }

    fn compare(&self, found: Vec<Value>) -> Result<(), Value> {
        let listed =
            |value: &Value| self.value.as_array().is_some_and(|list| list.iter().any(|one| same(one, value)));
        let bounded = |within: fn(f64, f64) -> bool| {
            let bound = number(&self.value);
            found.iter().filter_map(number).any(|value| bound.is_some_and(|bound| within(value, bound)))
        };
        let holds = match self.operator {
            Operator::Equals => found.iter().any(|value| same(value, &self.value)),
            Operator::NotEquals => !found.iter().any(|value| same(value, &self.value)),
            Operator::In => found.iter().any(listed),
            Operator::NotIn => !found.iter().any(listed),
            Operator::Contains => found.iter().any(|value| contains(value, &self.value)),
            Operator::AtLeast => bounded(|value, bound| value >= bound),
            Operator::AtMost => bounded(|value, bound| value <= bound),
            Operator::Exists => !found.is_empty(),
            Operator::NotExists => found.is_empty(),
        };
        if holds {
            return Ok(());
        }
        Err(match <[Value; 1]>::try_from(found) {
            Ok([one]) => one,
            Err(none) if none.is_empty() => Value::Null,
            Err(several) => Value::from(several),
        })
    }
}

/// Whether it is a number in the range of amounts. DynamoDB does not store numbers of any size.
fn is_storable(value: &Value) -> bool {
    let size = value.as_f64().filter(|_| value.is_number()).map(f64::abs);
    size.is_some_and(|size| size == 0.0 || (1e-9..1e16).contains(&size))
}

pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.trim().to_lowercase() == b.trim().to_lowercase(),
        // JSON may write 4900 as 4900.0.
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

fn contains(text: &Value, part: &Value) -> bool {
    match (text.as_str(), part.as_str()) {
        (Some(text), Some(part)) => text.to_lowercase().contains(&part.to_lowercase()),
        _ => false,
    }
}

/// A number, or a text that is a number: custom fields are texts.
pub(crate) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        _ => value.as_number().and_then(Number::as_f64),
    };
    number.filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests;
