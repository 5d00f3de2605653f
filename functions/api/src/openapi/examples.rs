//! The examples of the document. An example of a request or response is built from its schema, so it always matches the
//! schema. The values are in `examples.json`: of a schema, of a property of one schema (`RuleView.id`), or of all
//! properties with a name.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use utoipa::openapi::{Content, OpenApi, RefOr};

static TEXTS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
    serde_json::from_str(include_str!("examples.json")).expect("a JSON object")
});

/// Adds an example to every JSON request and response.
pub(super) fn add(document: &mut OpenApi) {
    let written = serde_json::to_value(&*document).unwrap_or_default();
    for item in document.paths.paths.values_mut() {
        for operation in super::operations(item) {
            if let Some(RefOr::T(body)) = &mut operation.request_body {
                body.content.values_mut().for_each(|content| show(&written, content));
            }
            for answer in operation.responses.responses.values_mut() {
                let RefOr::T(answer) = answer else { continue };
                let json = answer.content.iter_mut().filter(|(kind, _)| kind.ends_with("json"));
                json.for_each(|(_, content)| show(&written, content));
            }
        }
    }
}

fn show(document: &Value, content: &mut RefOr<Content>) {
    let RefOr::T(content) = content else { return };
    let schema = content.schema.as_ref().and_then(|schema| serde_json::to_value(schema).ok());
    content.example = schema.map(|schema| example(document, &schema, "", ""));
}

/// The example of a schema, which is a property of the component.
fn example(document: &Value, schema: &Value, component: &str, property: &str) -> Value {
    let whole = if property.is_empty() || property == "items" { component } else { "" };
    let names = [whole, &format!("{component}.{property}"), property];
    let mut given = names.iter().filter_map(|name| TEXTS.get(*name));
    let given = given.find(|given| fits(document, schema, given));
    if let Some(given) = given.or(schema.get("example")).or(schema.get("default")) {
        return given.clone();
    }
    if let Some((name, found)) = referred(document, schema) {
        return example(document, found, name, "");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words[0].clone();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| example(document, part, component, property));
        return parts.filter_map(|part| part.as_object().cloned()).flatten().collect();
    }
    for several in ["oneOf", "anyOf"] {
        let mut kinds = schema[several].as_array().into_iter().flatten();
        if let Some(kind) = kinds.find(|kind| kind["type"] != "null") {
            return example(document, kind, component, property);
        }
    }
    let kind = &schema["type"];
    match kind.as_str().or(kind[0].as_str()) {
        Some("string") => match schema["format"].as_str() {
            Some("date-time") => json!("2026-11-22T04:22:35Z"),
            _ => json!("…"),
        },
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("array") => json!([example(document, &schema["items"], component, property)]),
        _ => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            let shown = |(name, schema): (&String, &Value)| {
                (name.clone(), example(document, schema, component, name))
            };
            fields.map(shown).collect()
        }
    }
}

/// The component that a schema refers to. The items of a page are inlined in the page's schema.
fn referred<'a>(document: &'a Value, schema: &'a Value) -> Option<(&'a str, &'a Value)> {
    let pointer = schema["$ref"].as_str()?;
    let name = pointer.rsplit('/').next()?;
    Some((name.strip_prefix("Page_").unwrap_or(name), document.pointer(pointer.trim_start_matches('#'))?))
}

/// Whether a schema accepts a text: properties with the same name can have different types.
fn fits(document: &Value, schema: &Value, given: &Value) -> bool {
    if let Some((_, found)) = referred(document, schema) {
        return fits(document, found, given);
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(kinds) = schema[several].as_array() {
            return kinds.iter().any(|kind| fits(document, kind, given));
        }
    }
    let kind = match given {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = &schema["type"];
    let is_kind =
        kinds.is_null() || kinds == kind || kinds.as_array().is_some_and(|all| all.contains(&json!(kind)));
    is_kind && schema["enum"].as_array().is_none_or(|words| words.contains(given))
}
