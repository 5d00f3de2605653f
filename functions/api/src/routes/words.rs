//! What the document says of texts that are one of a few words.

use domain::app::App;
use domain::fact::FactKind;
use domain::log::Status;
use domain::trigger::Trigger;
use serde_json::Value;
use utoipa::openapi::schema::{Array, ArrayBuilder, Object, ObjectBuilder, SchemaType, Type};

/// One of these words.
pub(super) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

/// One of these words, or null: in a body null says as much as its absence.
fn or_null(words: impl Iterator<Item = &'static str>) -> Object {
    let types = [Type::String, Type::Null].into_iter().collect::<SchemaType>();
    let words = words.map(Value::from).chain([Value::Null]);
    ObjectBuilder::new().schema_type(types).enum_values(Some(words)).build()
}

/// An app's key.
pub(super) fn app() -> Object {
    one_of(App::ALL.iter().map(|app| app.key()))
}

fn triggers() -> impl Iterator<Item = &'static str> {
    Trigger::ALL.iter().map(|trigger| trigger.key())
}

/// A trigger's key.
pub(super) fn trigger() -> Object {
    one_of(triggers())
}

/// A trigger's key in a body.
pub(super) fn trigger_or_null() -> Object {
    or_null(triggers())
}

fn kinds() -> impl Iterator<Item = &'static str> {
    FactKind::PUBLISHED.iter().map(|kind| kind.key())
}

/// A fact's kind.
pub(super) fn kind() -> Object {
    one_of(kinds())
}

/// A fact's kind in a body.
pub(super) fn kind_or_null() -> Object {
    or_null(kinds())
}

/// Where an action can stand.
pub(super) const STATUSES: [Status; 9] = [
    Status::Performed,
    Status::AlreadySo,
    Status::Duplicate,
    Status::Superseded,
    Status::Retrying,
    Status::RateLimited,
    Status::Held,
    Status::Rejected,
    Status::Exhausted,
];

/// Where an action stands.
pub(super) fn status() -> Object {
    one_of(STATUSES.map(Status::key))
}

/// Several of where an action stands.
pub(super) fn status_list() -> Array {
    ArrayBuilder::new().items(status()).build()
}

/// The same between commas.
pub(super) fn statuses() -> Object {
    let one = STATUSES.map(Status::key).join("|");
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(format!("^({one})(,({one}))*$")))
        .description(Some("Only those that stand so; several are separated by commas."))
        .build()
}
