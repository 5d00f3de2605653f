//! The patterns of ids. A field or parameter with an id as its value has the format `<name>-id`, which the finished
//! document replaces by the pattern.

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{Schema, SchemaFormat};
use utoipa::openapi::{Components, RefOr};

/// The ids by name.
const PATTERNS: [(&str, &str); 6] = [
    ("integration", "^int_[A-Za-z0-9_]{1,60}$"),
    ("rule", "^rul_[A-Za-z0-9_]{1,60}$"),
    ("session", "^ses_[A-Za-z0-9_]{1,60}$"),
    ("event", "^evt_[A-Za-z0-9_]{1,120}$"),
    ("job", "^job_[A-Za-z0-9_]{1,120}$"),
    ("marketplace", "^[A-Za-z0-9._-]{1,64}$"),
];

/// The pattern of the ids with this name.
pub(super) fn pattern(name: &str) -> Option<&'static str> {
    PATTERNS.iter().find(|(known, _)| *known == name).map(|(_, pattern)| *pattern)
}

/// Sets the patterns of the fields of all bodies.
pub(super) fn in_bodies(components: &mut Components) {
    for schema in components.schemas.values_mut() {
        if let RefOr::T(Schema::Object(object)) = schema {
            object.properties.values_mut().for_each(set);
        }
    }
}

/// Sets the patterns of the parameters of an operation.
pub(super) fn in_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            parameter.schema.iter_mut().for_each(set);
        }
    }
}

fn set(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(object)) = schema else { return };
    let Some(SchemaFormat::Custom(format)) = &object.format else { return };
    if let Some(pattern) = format.strip_suffix("-id").and_then(pattern) {
        object.format = None;
        object.pattern = Some(pattern.to_owned());
    }
}
