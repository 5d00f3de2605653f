//! The structure of a rules document: its fields and their types. The parser stops at the first error; this module
//! finds the others.

use std::fmt::Display;
use std::str::FromStr;

use domain::condition::Operator;
use domain::id::{MarketplaceId, ProductId, RuleId};
use domain::quote;
use serde_json::{Map, Value};
use yaml::Step;

use super::problem::Problem;

/// The type of a field.
#[derive(Clone, Copy)]
enum Holds {
    /// Text that this check accepts.
    Text(fn(&str) -> Result<(), String>),
    /// `true` or `false`.
    Flag,
    /// An object with any fields.
    Object,
    /// A list of objects with these fields.
    Objects(&'static [Field]),
    /// A list of product ids.
    Products,
    /// A list of texts.
    Texts,
    /// Any value.
    Anything,
}

/// The name of a field, whether it is required, and its type.
type Field = (&'static str, bool, Holds);

const DOCUMENT: &[Field] =
    &[("marketplace", false, Holds::Text(reads::<MarketplaceId>)), ("rules", true, Holds::Objects(RULE))];

const RULE: &[Field] = &[
    ("id", false, Holds::Text(reads::<RuleId>)),
    ("name", false, Holds::Text(reads::<String>)),
    ("global", false, Holds::Flag),
    ("products", false, Holds::Products),
    ("trigger", true, Holds::Text(reads::<String>)),
    ("app", false, Holds::Text(reads::<String>)),
    ("integration", true, Holds::Text(reads::<String>)),
    ("action", true, Holds::Text(reads::<String>)),
    ("settings", false, Holds::Object),
    ("typed", false, Holds::Texts),
    ("conditions", false, Holds::Objects(CONDITION)),
    ("use_gift_recipient", false, Holds::Flag),
    ("enabled", false, Holds::Flag),
];

const CONDITION: &[Field] = &[
    ("field", true, Holds::Text(reads::<String>)),
    ("operator", true, Holds::Text(reads::<Operator>)),
    ("value", false, Holds::Anything),
];

/// The first errors of a document's structure.
pub(super) fn mistakes(document: &Value, most: usize) -> Vec<Problem> {
    let mut found = Found { path: Vec::new(), problems: Vec::new(), most };
    found.object(document, DOCUMENT);
    found.problems
}

/// The errors so far, and the path of the current value.
struct Found {
    path: Vec<Step>,
    problems: Vec<Problem>,
    most: usize,
}

impl Found {
    fn problem(&mut self, message: impl Display) {
        let rule = match self.path.get(1) {
            Some(Step::Index(index)) => format!("rule {}: ", index + 1),
            Some(Step::Key(_)) | None => String::new(),
        };
        self.problems.push(Problem { path: self.path.clone(), message: format!("{rule}{message}") });
    }

    fn within(&mut self, step: Step, look: impl FnOnce(&mut Self)) {
        if self.problems.len() < self.most {
            self.path.push(step);
            look(self);
            self.path.pop();
        }
    }

    fn object(&mut self, value: &Value, fields: &'static [Field]) {
        let Value::Object(object) = value else {
            let names: Vec<_> = fields.iter().map(|(name, ..)| *name).collect();
            return self.problem(format!(
                "{} is not an object with the fields {}",
                kind(value),
                names.join(", ")
            ));
        };
        for name in object.keys().filter(|key| fields.iter().all(|(name, ..)| name != key)) {
            let names: Vec<_> = fields.iter().map(|(name, ..)| *name).collect();
            let names = names.join(", ");
            let name = quote::short(name);
            self.within(name.as_str().into(), |found| {
                found.problem(format!("the field `{name}` does not exist; the fields are: {names}"));
            });
        }
        for field in fields {
            self.field(object, field);
        }
    }

    fn field(&mut self, object: &Map<String, Value>, (name, required, holds): &Field) {
        let value = match object.get(*name) {
            None if *required => return self.problem(format!("the field `{name}` is missing")),
            None => return,
            Some(value) => value,
        };
        self.within((*name).into(), |found| match (holds, value) {
            (Holds::Anything, _) | (Holds::Flag, Value::Bool(_)) | (Holds::Object, Value::Object(_)) => {}
            (Holds::Text(check), Value::String(text)) => found.text(name, text, *check),
            (Holds::Objects(fields), Value::Array(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    found.within(index.into(), |found| found.object(element, fields));
                }
            }
            (Holds::Products, Value::Array(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    found.within(index.into(), |found| match element {
                        Value::String(text) => found.text("products", text, reads::<ProductId>),
                        other => found.problem(format!(
                            "a product's id is text, not {}: put it in quotes",
                            kind(other)
                        )),
                    });
                }
            }
            (Holds::Texts, Value::Array(elements)) => {
                for (index, element) in elements.iter().enumerate().filter(|(_, one)| !one.is_string()) {
                    found.within(index.into(), |found| {
                        found.problem(format!(
                            "a typed value is text, not {}: put it in quotes",
                            kind(element)
                        ));
                    });
                }
            }
            (Holds::Text(_) | Holds::Products, Value::Null) if !required && *name != "operator" => {}
            (holds, other) => found.problem(format!("`{name}` is {}, not {}", holds.words(), kind(other))),
        });
    }

    fn text(&mut self, name: &str, text: &str, check: fn(&str) -> Result<(), String>) {
        if let Err(wrong) = check(text) {
            self.problem(format!("`{name}`: {wrong}"));
        }
    }
}

impl Holds {
    fn words(self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Flag => "true or false",
            Self::Object => "an object",
            Self::Objects(_) => "a list of objects",
            Self::Products => "a list of products' ids",
            Self::Texts => "a list of texts",
            Self::Anything => "anything",
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn reads<T: FromStr<Err: Display>>(text: &str) -> Result<(), String> {
    text.parse::<T>().map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(document: &Value) -> Vec<String> {
        mistakes(document, 50).into_iter().map(|one| format!("{} {}", one.pointer(), one.message)).collect()
    }

    #[test]
    fn every_mistake_of_a_document_is_found_in_one_run() {
        let document = json!({ "marketplace": "shop #1", "rule": [], "rules": [
            { "trigger": 7, "integration": "i", "action": "a", "enabled": "yes", "products": [12, "ok"],
              "typed": ["VIP", 7] },
            "product_purchased",
            { "actoin": "a", "trigger": "t", "integration": "i", "conditions": [{ "field": "amount", "operator": "is" }] },
        ] });
        let told = told(&document);
        for (place, said) in [
            ("/marketplace", "`marketplace`: marketplace_id is not valid"),
            ("/rule", "the field `rule` does not exist; the fields are: marketplace, rules"),
            ("/rules/0/trigger", "rule 1: `trigger` is text, not a number"),
            ("/rules/0/enabled", "rule 1: `enabled` is true or false, not text"),
            ("/rules/0/products/0", "rule 1: a product's id is text, not a number: put it in quotes"),
            ("/rules/0/typed/1", "rule 1: a typed value is text, not a number: put it in quotes"),
            ("/rules/1", "rule 2: text is not an object with the fields id, name,"),
            ("/rules/2/actoin", "rule 3: the field `actoin` does not exist"),
            ("/rules/2", "rule 3: the field `action` is missing"),
            (
                "/rules/2/conditions/0/operator",
                "rule 3: `operator`: operator `is` does not exist; the operators are: equals",
            ),
        ] {
            assert!(told.iter().any(|one| one.starts_with(&format!("{place} {said}"))), "{said}: {told:#?}");
        }
        assert_eq!(told.len(), 10, "{told:#?}");
    }

    #[test]
    fn a_document_of_mistakes_is_read_until_there_are_enough() {
        let document = json!({ "rules": vec![Value::Null; 1_000] });
        assert_eq!(mistakes(&document, 50).len(), 50);
    }

    #[test]
    fn a_list_in_place_of_the_document_is_told_what_it_should_be() {
        assert_eq!(told(&json!([])), [" a list is not an object with the fields marketplace, rules"]);
        let sound = json!({ "rules": [{ "trigger": "t", "integration": "i", "action": "a", "name": null }] });
        assert!(told(&sound).is_empty());
    }
}
