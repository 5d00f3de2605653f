//! Triggers.

use domain::condition::{Expected, Field, Kind, Operator};
use domain::lint::TriggerField;
use domain::trigger::Family;
use operations::trigger_catalog::{CatalogTrigger, Offer};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::words;

/// A trigger: the If of a rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriggerView {
    /// The trigger's key, as rules use it.
    #[schema(schema_with = words::trigger)]
    pub(crate) trigger: &'static str,
    /// The name that a merchant reads.
    pub(crate) label: &'static str,
    /// When it fires.
    pub(crate) definition: &'static str,
    /// The trigger's group in the rule form.
    pub(crate) family: FamilyView,
    /// The name of the fact that fires the trigger, as on the event bus.
    pub(crate) fact: &'static str,
    /// The fields that conditions can compare.
    pub(crate) fields: Vec<FieldView>,
    /// The apps whose rules can use the trigger.
    pub(crate) apps: Vec<OfferView>,
}

/// The group of a trigger.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FamilyView {
    /// Orders, refunds, prospects, subscriptions.
    Ecommerce,
    /// Students and courses.
    Courses,
}

/// A field that conditions can compare.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldView {
    /// Its name. In `custom_field.<name>`, replace `<name>` with the exact name of the custom field.
    pub(crate) field: String,
    /// The kind of its values. An amount is in minor units of its currency.
    #[serde(rename = "type")]
    pub(crate) kind: KindView,
    /// Whether every fact of the trigger has a value for it.
    pub(crate) always: bool,
    /// Whether it has a value for each order line. `not_equals` and `not_in` then hold if no line has such a value, the other
    /// operators if any line has one.
    pub(crate) several: bool,
    /// All values that it can have, if they are few.
    pub(crate) values: Option<Vec<Value>>,
    /// The operators, and the value that a condition needs for each.
    pub(crate) operators: Vec<OperatorView>,
}

/// The kind of a value.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindView {
    /// Text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
}

/// An operator of a field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperatorView {
    /// Its key.
    pub(crate) operator: &'static str,
    /// The value that a condition needs: none, one, or a list of at least one.
    pub(crate) value: ExpectedView,
    /// The kind of that value.
    #[serde(rename = "type")]
    pub(crate) kind: Option<KindView>,
}

/// The number of values that a condition needs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ExpectedView {
    /// No value.
    None,
    /// One value.
    One,
    /// A list of at least one value.
    List,
}

/// An app that offers a trigger.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferView {
    /// The app.
    #[schema(schema_with = words::app)]
    pub(crate) app: &'static str,
    /// The actions that a rule with this trigger can have.
    pub(crate) actions: Vec<&'static str>,
}

impl From<Kind> for KindView {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text,
            Kind::Number => Self::Number,
            Kind::Boolean => Self::Boolean,
        }
    }
}

impl From<CatalogTrigger> for TriggerView {
    fn from(CatalogTrigger { definition, fields, apps }: CatalogTrigger) -> Self {
        let offer = |Offer { app, actions }: Offer| OfferView { app: app.key(), actions };
        Self {
            trigger: definition.trigger.key(),
            label: definition.trigger.label(),
            definition: definition.description,
            family: match definition.trigger.family() {
                Family::Ecommerce => FamilyView::Ecommerce,
                Family::Courses => FamilyView::Courses,
            },
            fact: definition.fact.published().detail_type(),
            fields: fields.into_iter().map(FieldView::from).collect(),
            apps: apps.into_iter().map(offer).collect(),
        }
    }
}

impl From<TriggerField> for FieldView {
    fn from(TriggerField { field, always, several, values }: TriggerField) -> Self {
        let operators = Operator::ALL.iter().filter_map(|operator| self::operator(&field, *operator));
        Self {
            operators: operators.collect(),
            kind: field.kind().into(),
            field: field.to_string(),
            always,
            several,
            values,
        }
    }
}

pub(crate) fn operator(field: &Field, operator: Operator) -> Option<OperatorView> {
    let (value, kind) = match field.expects(operator)? {
        Expected::Nothing => (ExpectedView::None, None),
        Expected::One(kind) => (ExpectedView::One, Some(kind)),
        Expected::Several(kind) => (ExpectedView::List, Some(kind)),
    };
    Some(OperatorView { operator: operator.key(), value, kind: kind.map(KindView::from) })
}
