//! Rules as merchants write and read them.

use std::collections::BTreeMap;

use domain::app::App;
use domain::condition::{Condition, Operator};
use domain::id::{IntegrationId, ProductId, RuleId};
use domain::lint::{Code, Finding, OtherRule, Severity, Suggestion};
use domain::rule::{MOST_PRODUCTS, Scope};
use domain::settings::Settings;
use domain::trigger::Trigger;
use operations::names::Names;
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
use crate::views::sessions::ActorView;

/// An If/Then rule as a merchant writes it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleBody {
    /// The merchant's own name for the rule. It need not be unique.
    #[schema(max_length = 100)]
    pub(crate) name: Option<String>,
    /// The products that the rule applies to.
    #[schema(schema_with = scope)]
    pub(crate) scope: ScopeBody,
    /// The If: the trigger's key.
    #[schema(schema_with = words::trigger)]
    pub(crate) trigger: Trigger,
    /// The account that the action is performed in.
    #[schema(value_type = String, format = "integration-id")]
    pub(crate) integration: IntegrationId,
    /// The Then: the key of an action of the app.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) action: String,
    /// The settings of the action by key: text, true or false, or a list of text.
    #[serde(default)]
    #[schema(schema_with = settings, required = false)]
    pub(crate) settings: Map<String, Value>,
    /// Setting values that the merchant typed, such as a new tag's name, and that are not the value of an option. If
    /// absent, a value that an option list has is taken for that option, and any other value as typed.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) typed: Vec<String>,
    /// The conditions. All of them must hold for the fact.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) conditions: Vec<ConditionBody>,
    /// Whether the contact of each item is its gift recipient, or the buyer if the item has none.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) use_gift_recipient: bool,
    /// Whether the rule is enabled.
    #[serde(default = "yes")]
    #[schema(required = false)]
    pub(crate) enabled: bool,
}

/// The products that a rule applies to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ScopeBody {
    /// Every product.
    Global {},
    /// The products that the rule names.
    Products {
        /// The ids of the products.
        products: Vec<ProductId>,
    },
}

/// A condition on the fact.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionBody {
    /// The field to compare: amount, currency, coupon_code, item_role, payment_option, test_mode, customer_country,
    /// custom_field.<name>, or utm.source, .medium, .campaign, .term, .content.
    #[schema(
        pattern = r"^(amount|currency|coupon_code|item_role|payment_option|test_mode|customer_country|utm\.(source|medium|campaign|term|content)|custom_field\..+)$"
    )]
    pub(crate) field: String,
    /// The operator of the comparison.
    #[schema(schema_with = operator)]
    pub(crate) operator: Operator,
    /// The value to compare with. Omit it for `exists` and `not_exists`; give a list for `in` and `not_in`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schema(required = false)]
    pub(crate) value: Value,
}

pub(crate) fn yes() -> bool {
    true
}

pub(crate) fn operator() -> Object {
    one_of(Operator::KEYS.iter().copied())
}

/// The schema of a scope: one of two tagged objects, neither with further fields.
pub(crate) fn scope() -> RefOr<Schema> {
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

pub(crate) fn settings() -> Object {
    let of = |kind: Type| ObjectBuilder::new().schema_type(kind);
    let list = ArrayBuilder::new().items(of(Type::String)).min_items(Some(1));
    let value = AnyOfBuilder::new().item(of(Type::String)).item(of(Type::Boolean)).item(list);
    of(Type::Object).additional_properties(Some(AdditionalProperties::from(Schema::from(value)))).build()
}

impl RuleBody {
    /// Converts the body to the input of the operations.
    pub(crate) fn input(self) -> Result<RuleInput, Problem> {
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

/// A stored rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleView {
    /// The rule's id.
    #[schema(value_type = String)]
    pub(crate) id: RuleId,
    /// The merchant's own name for the rule.
    pub(crate) name: Option<String>,
    /// The version of the rule, for `If-Match`. It differs after each change.
    pub(crate) etag: String,
    /// The products that the rule applies to.
    #[schema(schema_with = scope)]
    pub(crate) scope: ScopeBody,
    /// The If: the trigger's key.
    #[schema(schema_with = words::trigger)]
    pub(crate) trigger: Trigger,
    /// The account that the action is performed in.
    #[schema(value_type = String)]
    pub(crate) integration: IntegrationId,
    /// The account's app.
    #[schema(schema_with = words::app)]
    pub(crate) app: App,
    /// The Then: the key of an action of the app.
    pub(crate) action: String,
    /// The settings of the action, by key.
    #[schema(schema_with = settings)]
    pub(crate) settings: Map<String, Value>,
    /// The app's labels of the setting values, by value. A value without a label was typed.
    pub(crate) labels: BTreeMap<String, String>,
    /// The names of the account and the products. Null in responses to changes.
    pub(crate) names: Option<RuleNamesView>,
    /// The conditions. All of them must hold for the fact.
    pub(crate) conditions: Vec<ConditionBody>,
    /// Whether the contact of each item is its gift recipient, or the buyer if the item has none.
    pub(crate) use_gift_recipient: bool,
    /// Whether the rule is enabled.
    pub(crate) enabled: bool,
    /// When the rule was created. A repetition of a fact that was received before then, or before the trigger changed
    /// or the scope was widened, does not fire the rule; a replay does.
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    /// When the current version was saved.
    #[schema(format = DateTime)]
    pub(crate) updated_at: String,
    /// The author of the current version: the actor of the portal session, or `operator` or `engine` as the id. Null
    /// for a session without an actor, and for rules that were saved before rules had authors.
    pub(crate) changed_by: Option<ActorView>,
}

/// The names for the ids in a rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleNamesView {
    /// The account's label. The label of a deleted account ends in ` (disconnected)` or, if its last label is not known,
    /// is `Disconnected account`.
    pub(crate) integration: Option<String>,
    /// The names of the products by id. Products that are not in the catalogue are omitted, and so are all after the
    /// first 500 of a page.
    pub(crate) products: BTreeMap<String, String>,
}

impl From<Scope> for ScopeBody {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Global => Self::Global {},
            Scope::Products { products } => Self::Products { products },
        }
    }
}

impl From<Condition> for ConditionBody {
    fn from(Condition { field, operator, value }: Condition) -> Self {
        Self { field: field.to_string(), operator, value }
    }
}

impl RuleView {
    /// The rule with the names of its account and products.
    pub(crate) fn named(stored: &operations::rules::StoredRule, names: &Names) -> Self {
        let products = stored.rule.scope.products().iter();
        let known = |id: &ProductId| Some((id.to_string(), names.product(id)?.to_owned()));
        let names = RuleNamesView {
            integration: Some(names.account(&stored.rule.integration).to_owned()),
            products: products.filter_map(known).collect(),
        };
        Self { names: Some(names), ..stored.into() }
    }
}

impl From<&operations::rules::StoredRule> for RuleView {
    fn from(stored: &operations::rules::StoredRule) -> Self {
        let rule = stored.rule.clone();
        Self {
            id: rule.id,
            name: rule.name,
            etag: stored.etag.clone(),
            scope: rule.scope.into(),
            trigger: rule.trigger,
            integration: rule.integration,
            app: rule.app,
            action: rule.action,
            settings: rule.settings.0,
            labels: rule.labels,
            names: None,
            conditions: rule.conditions.into_iter().map(ConditionBody::from).collect(),
            use_gift_recipient: rule.use_gift_recipient,
            enabled: rule.enabled,
            created_at: rule.created_at.to_string(),
            updated_at: rule.updated_at.to_string(),
            changed_by: rule.changed_by.as_ref().and_then(ActorView::author),
        }
    }
}

/// The saved rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedView {
    /// The rule as it is stored.
    pub(crate) rule: RuleView,
    /// The warnings of the validation.
    pub(crate) warnings: Vec<FindingView>,
}

/// A finding of a rule's validation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingView {
    /// The severity. A rule with errors cannot be saved or enabled.
    #[schema(schema_with = severity)]
    pub(crate) severity: Severity,
    /// The code of the finding, such as `target_gone`, `opposite` or `duplicate`. `action_required`: the action works only
    /// after another action, which no enabled rule requests. `rule_is_off`: the rule was disabled with its account; it
    /// has another account now, and is still disabled.
    #[schema(value_type = String)]
    pub(crate) code: Code,
    /// The field of the rule, as a JSON pointer.
    pub(crate) field: String,
    /// The problem, and how to resolve it.
    pub(crate) message: String,
    /// With `duplicate` and `opposite`, the rule that asks for the same or the opposite.
    pub(crate) other_rule: Option<OtherRuleView>,
    /// With `action_required`, the rule to create: the same products, trigger, account and conditions, with the required
    /// action. Settings that this rule does not have can be missing.
    pub(crate) suggestion: Option<RuleBody>,
}

/// Another rule that a finding is about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OtherRuleView {
    /// The rule's id.
    #[schema(value_type = String)]
    pub(crate) id: RuleId,
    /// The merchant's own name for the rule.
    pub(crate) name: Option<String>,
}

impl From<&OtherRule> for OtherRuleView {
    fn from(OtherRule { id, name }: &OtherRule) -> Self {
        Self { id: id.clone(), name: name.clone() }
    }
}

impl From<&Suggestion> for RuleBody {
    fn from(suggestion: &Suggestion) -> Self {
        let suggestion = suggestion.clone();
        Self {
            name: None,
            scope: suggestion.scope.into(),
            trigger: suggestion.trigger,
            integration: suggestion.integration,
            action: suggestion.action,
            settings: suggestion.settings.0,
            typed: Vec::new(),
            conditions: suggestion.conditions.into_iter().map(ConditionBody::from).collect(),
            use_gift_recipient: suggestion.use_gift_recipient,
            enabled: true,
        }
    }
}

pub(crate) fn severity() -> Object {
    one_of(["error", "warning"])
}

impl From<&Finding> for FindingView {
    fn from(finding: &Finding) -> Self {
        Self {
            severity: finding.severity,
            code: finding.code,
            field: finding.field.clone(),
            message: finding.message.clone(),
            other_rule: finding.other_rule.as_ref().map(OtherRuleView::from),
            suggestion: finding.suggestion.as_deref().map(RuleBody::from),
        }
    }
}
