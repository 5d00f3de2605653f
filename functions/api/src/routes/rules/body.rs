//! Rules as the API reads and shows them.

use std::collections::BTreeMap;

use domain::app::App;
use domain::condition::{Condition, Operator};
use domain::id::{IntegrationId, ProductId};
use domain::lint::{Code, Finding, Severity};
use domain::rule::{MOST_PRODUCTS, Scope};
use domain::settings::Settings;
use domain::trigger::Trigger;
use operations::rules::RuleInput;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, AnyOfBuilder, ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, Type,
};

use crate::openapi::words::{self, one_of};
use crate::problem::{FieldError, Problem};

/// An If/Then rule as a merchant writes it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleBody {
    /// The merchant's own name for it. Two rules may have the same.
    #[schema(max_length = 100)]
    name: Option<String>,
    /// Which products it applies to.
    #[schema(schema_with = scope)]
    scope: ScopeBody,
    /// The If.
    #[schema(schema_with = words::trigger)]
    trigger: Trigger,
    /// The account that the action is performed in.
    #[schema(value_type = String, pattern = "^int_[A-Za-z0-9_]{1,60}$")]
    integration: IntegrationId,
    /// The Then: one of the app's actions.
    #[schema(min_length = 1, max_length = 100)]
    action: String,
    /// What the action needs to know: text, true or false, or a list of text.
    #[serde(default)]
    #[schema(schema_with = settings, required = false)]
    settings: Map<String, Value>,
    /// Values in the settings that the merchant typed, such as a new tag's name: they stand for no option's value. Without
    /// it, a value that an option list has was chosen from there, and any other was typed.
    #[serde(default)]
    #[schema(required = false)]
    typed: Vec<String>,
    /// What must hold of the fact; all of them.
    #[serde(default)]
    #[schema(required = false)]
    conditions: Vec<ConditionBody>,
    /// Whether each item's contact is its gift recipient, where it has one, and the buyer where it has none.
    #[serde(default)]
    #[schema(required = false)]
    use_gift_recipient: bool,
    /// Whether it is on.
    #[serde(default = "yes")]
    #[schema(required = false)]
    enabled: bool,
}

/// Which products a rule applies to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ScopeBody {
    /// Every product.
    Global {},
    /// The products named.
    Products {
        /// Their ids.
        products: Vec<ProductId>,
    },
}

/// One condition.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionBody {
    /// What is looked at: amount, currency, coupon_code, item_role, payment_option, test_mode, customer_country,
    /// custom_field.<name>, or utm.source, .medium, .campaign, .term, .content.
    #[schema(
        pattern = r"^(amount|currency|coupon_code|item_role|payment_option|test_mode|customer_country|utm\.(source|medium|campaign|term|content)|custom_field\..+)$"
    )]
    field: String,
    /// How it is compared.
    #[schema(schema_with = operator)]
    operator: Operator,
    /// With what; left out for `exists` and `not_exists`, a list for `in` and `not_in`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schema(required = false)]
    value: Value,
}

fn yes() -> bool {
    true
}

fn operator() -> Object {
    one_of(Operator::KEYS.iter().copied())
}

/// A scope is a tagged one of two, with nothing else in either.
fn scope() -> RefOr<Schema> {
    let kind = |key: &str| one_of([key]);
    let of = |key: &str| {
        let object = ObjectBuilder::new().property("kind", kind(key)).required("kind");
        object.additional_properties(Some(AdditionalProperties::FreeForm(false)))
    };
    let id = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(128));
    let products = ArrayBuilder::new().items(id).min_items(Some(1)).max_items(Some(MOST_PRODUCTS));
    let products = of("products").property("products", products.unique_items(true)).required("products");
    RefOr::T(Schema::OneOf(OneOfBuilder::new().item(of("global")).item(products).build()))
}

fn settings() -> Object {
    let of = |kind: Type| ObjectBuilder::new().schema_type(kind);
    let list = ArrayBuilder::new().items(of(Type::String)).min_items(Some(1));
    let value = AnyOfBuilder::new().item(of(Type::String)).item(of(Type::Boolean)).item(list);
    of(Type::Object).additional_properties(Some(AdditionalProperties::from(Schema::from(value)))).build()
}

impl RuleBody {
    /// What is asked for.
    pub(super) fn input(self) -> Result<RuleInput, Problem> {
        let mut conditions = Vec::new();
        let mut errors = Vec::new();
        for (index, ConditionBody { field, operator, value }) in self.conditions.into_iter().enumerate() {
            match field.parse() {
                Ok(field) => conditions.push(Condition { field, operator, value }),
                Err(error) => errors.push(FieldError {
                    field: format!("/conditions/{index}/field"),
                    message: format!("{error}"),
                }),
            }
        }
        if !errors.is_empty() {
            return Err(Problem::invalid_fields(errors));
        }
        let scope = match self.scope {
            ScopeBody::Global {} => Scope::Global,
            ScopeBody::Products { products } => Scope::Products { products },
        };
        Ok(RuleInput {
            name: self.name,
            scope,
            trigger: self.trigger,
            integration: self.integration,
            app: None,
            action: self.action,
            settings: Settings(self.settings),
            typed: self.typed,
            conditions,
            use_gift_recipient: self.use_gift_recipient,
            enabled: self.enabled,
        })
    }
}

/// A rule as it is stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleView {
    /// Its id.
    id: String,
    /// The merchant's own name for it.
    name: Option<String>,
    /// Its version, for `If-Match`. It differs after each change.
    etag: String,
    /// Which products it applies to.
    #[schema(schema_with = scope)]
    scope: ScopeBody,
    /// The If.
    #[schema(schema_with = words::trigger)]
    trigger: Trigger,
    /// The account that the action is performed in.
    integration: String,
    /// That account's app.
    #[schema(schema_with = words::app)]
    app: App,
    /// The Then.
    action: String,
    /// What the action needs to know.
    #[schema(schema_with = settings)]
    settings: Map<String, Value>,
    /// What the app's option lists call the values in the settings, by value. A value that is not here was typed.
    labels: BTreeMap<String, String>,
    /// What must hold of the fact.
    conditions: Vec<ConditionBody>,
    /// Whether each item's contact is its gift recipient, where it has one, and the buyer where it has none.
    use_gift_recipient: bool,
    /// Whether it is on.
    enabled: bool,
    /// When it was created. A repetition of a fact that was received before that, or before its trigger changed or its scope
    /// grew, does not fire it; a replay does.
    #[schema(format = DateTime)]
    created_at: String,
    /// When this version of it was saved.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<&aws::store::StoredRule> for RuleView {
    fn from(stored: &aws::store::StoredRule) -> Self {
        let rule = stored.rule.clone();
        let scope = match rule.scope {
            Scope::Global => ScopeBody::Global {},
            Scope::Products { products } => ScopeBody::Products { products },
        };
        let condition = |condition: Condition| ConditionBody {
            field: condition.field.to_string(),
            operator: condition.operator,
            value: condition.value,
        };
        Self {
            id: rule.id.to_string(),
            name: rule.name,
            etag: stored.etag.clone(),
            scope,
            trigger: rule.trigger,
            integration: rule.integration.to_string(),
            app: rule.app,
            action: rule.action,
            settings: rule.settings.0,
            labels: rule.labels,
            conditions: rule.conditions.into_iter().map(condition).collect(),
            use_gift_recipient: rule.use_gift_recipient,
            enabled: rule.enabled,
            created_at: rule.created_at.to_string(),
            updated_at: rule.updated_at.to_string(),
        }
    }
}

/// A rule that was saved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedView {
    /// As it is stored.
    pub(super) rule: RuleView,
    /// What is questionable about it.
    pub(super) warnings: Vec<FindingView>,
}

/// Something about a rule that a merchant should know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingView {
    /// Whether the rule can be saved like this.
    #[schema(schema_with = severity)]
    severity: Severity,
    /// What kind of finding, such as `target_gone`, `opposite` or `duplicate`.
    #[schema(value_type = String)]
    code: Code,
    /// Where in the rule: a JSON pointer.
    field: String,
    /// What is wrong, and the way out.
    message: String,
}

fn severity() -> Object {
    one_of(["error", "warning"])
}

impl From<&Finding> for FindingView {
    fn from(finding: &Finding) -> Self {
        Self {
            severity: finding.severity,
            code: finding.code,
            field: finding.field.clone(),
            message: finding.message.clone(),
        }
    }
}
