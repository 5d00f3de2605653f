//! The routes of an OpenAPI document, each with a valid request.

use serde_json::{Map, Value, json};

/// One route.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: String,
    /// The path in the document, with its parameters in braces.
    pub(super) template: String,
    /// The parameters of the path.
    pub(super) parameters: Vec<String>,
    /// The parameters of the query.
    pub(super) queries: Vec<String>,
    schemas: Map<String, Value>,
    /// A valid body, if the route has one.
    pub(super) body: Option<Value>,
    /// The body's fields.
    fields: Vec<String>,
}

impl Route {
    pub(super) fn is_of_merchants(&self) -> bool {
        self.template.starts_with("/v1/")
    }

    pub(super) fn is_of_the_operator(&self) -> bool {
        self.template.starts_with("/operator/")
    }

    /// The path with the values of `named`, and valid values for other parameters.
    pub(super) fn path<'a>(&self, named: impl Fn(&str) -> Option<&'a str>) -> String {
        self.parameters.iter().fold(self.template.clone(), |path, name| {
            let made = fitting(name, &self.schemas[name]);
            path.replace(&format!("{{{name}}}"), named(name).unwrap_or(&made))
        })
    }

    /// The body with the values of `named` for its fields; `None` if `named` has no value.
    pub(super) fn body_of<'a>(&self, named: impl Fn(&str) -> Option<&'a str>) -> Option<Value> {
        let mut body = self.body.clone()?;
        let known = self.fields.iter().filter_map(|field| Some((field, named(field)?)));
        let count = known.map(|(field, id)| body[field] = json!(id)).count();
        (count > 0).then_some(body)
    }

    /// The query parameters for which `named` has a value.
    pub(super) fn query<'a>(&self, named: impl Fn(&str) -> Option<&'a str>) -> String {
        let known = self.queries.iter().filter_map(|name| Some(format!("{name}={}", named(name)?)));
        let known: Vec<_> = known.collect();
        if known.is_empty() { String::new() } else { format!("?{}", known.join("&")) }
    }
}

/// A valid value for a parameter.
fn fitting(name: &str, schema: &Value) -> String {
    let first = schema["enum"][0].as_str().or(schema["example"].as_str());
    first.map_or_else(
        || match name {
            "integration" => "int_webhook".to_owned(),
            "rule" => "rul_none".to_owned(),
            "session" => "ses_none".to_owned(),
            _ => "none".to_owned(),
        },
        str::to_owned,
    )
}

/// Every route of the document.
pub(super) fn routes(document: &Value) -> Vec<Route> {
    let mut routes = Vec::new();
    for (template, item) in document["paths"].as_object().expect("paths") {
        for method in ["get", "put", "post", "patch", "delete"] {
            let Some(operation) = item.get(method) else { continue };
            let all = operation["parameters"].as_array().cloned().unwrap_or_default();
            let named = |place: &str| {
                let found = all.iter().filter(|one| one["in"] == place);
                found.map(|one| one["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
            };
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            routes.push(Route {
                method: method.to_uppercase(),
                template: template.clone(),
                parameters: named("path"),
                queries: named("query"),
                schemas: all
                    .iter()
                    .map(|one| (one["name"].as_str().expect("a name").to_owned(), one["schema"].clone()))
                    .collect(),
                fields: fields(document, schema),
                body: (!schema.is_null()).then(|| body(document, schema)),
            });
        }
    }
    routes
}

fn fields(document: &Value, schema: &Value) -> Vec<String> {
    let found = schema["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
    let properties = found.unwrap_or(schema)["properties"].as_object();
    properties.map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

/// The minimal value of a schema.
fn body(document: &Value, schema: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str() {
        let found = document.pointer(name.trim_start_matches('#')).expect("a schema");
        return body(document, found);
    }
    for given in [&schema["example"], &schema["default"], &schema["enum"][0], &schema["const"]] {
        if !given.is_null() {
            return given.clone();
        }
    }
    for one_of in ["oneOf", "anyOf", "allOf"] {
        if let Some(first) =
            schema[one_of].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"))
        {
            return body(document, first);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds[0].as_str(),
        kind => kind.as_str(),
    };
    match kind {
        Some("string") => json!(match schema["pattern"].as_str() {
            Some(pattern) if pattern.starts_with("^int_") => "int_webhook",
            Some(pattern) if pattern.starts_with("^rul_") => "rul_none",
            _ => "none",
        }),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(false),
        Some("array") if schema["minItems"].as_u64().is_some_and(|least| least > 0) => {
            json!([body(document, &schema["items"])])
        }
        Some("array") => json!([]),
        _ => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let fields = required.iter().filter_map(Value::as_str);
            fields.map(|name| (name.to_owned(), body(document, &schema["properties"][name]))).collect()
        }
    }
}
