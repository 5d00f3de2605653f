//! Input transformers.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>

use std::collections::BTreeMap;

use serde_json::Value;

/// Makes a target's input of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transformer {
    template: String,
    /// The paths of its variables.
    paths: BTreeMap<String, String>,
}

impl Transformer {
    /// `paths`: the variables of the template, each with a path such as `$.detail.id`.
    pub fn new(template: &str, paths: BTreeMap<String, String>) -> Self {
        Self { template: template.to_owned(), paths }
    }

    /// The input for an event, which is also given as text.
    pub(super) fn input(&self, event: &Value, text: &str) -> String {
        let mut input = String::new();
        let mut rest = self.template.as_str();
        while let Some(at) = rest.find('<') {
            let (before, after) = rest.split_at(at);
            input.push_str(before);
            let named = after[1..].split_once('>');
            let value = named.and_then(|(name, _)| self.value(name, event, text));
            let (Some((_, after)), Some(value)) = (named, value) else {
                input.push('<');
                rest = &after[1..];
                continue;
            };
            // Inside of a text, a variable is a part of it.
            let quotes = input.matches('"').count() - input.matches("\\\"").count();
            let text = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            input.push_str(text.filter(|_| quotes % 2 == 1).unwrap_or(&value));
            rest = after;
        }
        input + rest
    }

    fn value(&self, name: &str, event: &Value, text: &str) -> Option<String> {
        if name == "aws.events.event.json" {
            return Some(text.to_owned());
        }
        let steps = self.paths.get(name)?.strip_prefix("$.")?.split('.');
        let found = steps.into_iter().try_fold(event, |value, step| value.get(step));
        Some(found.map_or_else(String::new, Value::to_string))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_variable_in_a_text_is_a_part_of_it_and_elsewhere_it_is_json() {
        let paths = [("source", "$.source"), ("count", "$.detail.count"), ("absent", "$.detail.absent")];
        let paths = paths.map(|(name, path)| (name.to_owned(), path.to_owned())).into();
        let template = r#"{"reason": "source <source> is (<absent>) < unknown", "count": <count>, "event": <aws.events.event.json>}"#;
        let event = json!({ "source": "a \"b\"", "detail": { "count": 2 } });
        let input = Transformer::new(template, paths).input(&event, &event.to_string());
        let input: Value = serde_json::from_str(&input).unwrap();
        assert_eq!(input, json!({ "reason": "source a \"b\" is () < unknown", "count": 2, "event": event }));
    }
}
