//! Schemas of enumerated texts.

use domain::app::App;
use domain::fact::FactKind;
use domain::log::{ConfigKind, Status};
use domain::manifest::{Category, Color};
use domain::outcome::Fix;
use domain::trigger::Trigger;
use domain::verdict::Missing;
use serde_json::Value;
use utoipa::openapi::schema::{Array, ArrayBuilder, Object, ObjectBuilder, SchemaType, Type};

/// A text that is one of these values.
pub(crate) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

/// One of these values, or null. In a body, null is the same as absent.
fn or_null(words: impl Iterator<Item = &'static str>) -> Object {
    let types = [Type::String, Type::Null].into_iter().collect::<SchemaType>();
    let words = words.map(Value::from).chain([Value::Null]);
    ObjectBuilder::new().schema_type(types).enum_values(Some(words)).build()
}

/// An app's key.
pub(crate) fn app() -> Object {
    one_of(App::all().map(App::key))
}

/// The category of an app.
pub(crate) fn category() -> Object {
    one_of(Category::KEYS.iter().copied())
}

/// The colour of an app's mark.
pub(crate) fn color() -> Object {
    one_of(Color::KEYS.iter().copied())
}

/// The kind of object that an entry of the Configuration Log is about.
pub(crate) fn config_kind() -> Object {
    one_of(ConfigKind::KEYS.iter().copied())
}

fn triggers() -> impl Iterator<Item = &'static str> {
    Trigger::ALL.iter().map(|trigger| trigger.key())
}

/// A trigger's key.
pub(crate) fn trigger() -> Object {
    one_of(triggers())
}

/// A trigger's key in a body.
pub(crate) fn trigger_or_null() -> Object {
    or_null(triggers())
}

/// The part that has to change before an action can succeed.
pub(crate) fn fix_or_null() -> Object {
    let meaning = "The part that has to change before the action can succeed: the `rule`, the data or the consent of the `contact`, or the \
                   `account` in the app and its connection. Null if that is not known, or if nothing has to change.";
    ObjectBuilder::from(or_null(Fix::ALL.into_iter().map(Fix::key))).description(Some(meaning)).build()
}

/// The part of a rule that its app does not offer.
pub(crate) fn missing_or_null() -> Object {
    or_null(Missing::KEYS.into_iter())
}

fn kinds() -> impl Iterator<Item = &'static str> {
    FactKind::PUBLISHED.iter().map(|kind| kind.key())
}

/// A fact's kind.
pub(crate) fn kind() -> Object {
    one_of(kinds())
}

/// A fact's kind in a body.
pub(crate) fn kind_or_null() -> Object {
    or_null(kinds())
}

fn status_keys() -> impl Iterator<Item = &'static str> {
    Status::ALL.iter().map(|status| status.key())
}

/// The status of an action.
pub(crate) fn status() -> Object {
    one_of(status_keys())
}

/// An action's status, or null.
pub(crate) fn status_or_null() -> Object {
    or_null(status_keys())
}

/// A list of statuses.
pub(crate) fn status_list() -> Array {
    ArrayBuilder::new().items(status()).build()
}

/// Statuses, separated by commas.
pub(crate) fn statuses() -> Object {
    let one = status_keys().collect::<Vec<_>>().join("|");
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(format!("^({one})(,({one}))*$")))
        .description(Some("Return only actions with this status. Separate several with commas."))
        .build()
}
