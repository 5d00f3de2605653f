//! Rules documents: YAML, or JSON if the file name ends in `.json`.

use std::marker::PhantomData;
use std::path::PathBuf;

use domain::condition::Operator;
use domain::id::{MarketplaceId, ProductId, RuleId};
use domain::settings::Settings;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use yaml::{Position, Positions};

use super::problem::{Located, Problem, Problems};
use super::{json, shape};

/// The maximum size of a document in bytes.
pub const LARGEST: usize = 1_000_000;
/// The maximum number of errors that are listed.
const MOST_PROBLEMS: usize = 50;
/// The maximum size in bytes with all aliases expanded. It is more than a document without aliases can have.
const MOST_SAID: usize = 2 * LARGEST;

/// The message for a document without text.
const EMPTY: &str = "it is empty: give the field `rules` with a list of rules";

/// The document exceeds the maximum size.
#[derive(Debug, thiserror::Error)]
#[error("it has {0} bytes; the maximum is {LARGEST}")]
struct TooLong(usize);

/// The text is not a rules document: it is not valid YAML, or does not have the document's structure. Nothing was
/// saved.
#[derive(Debug, thiserror::Error)]
#[error("{place}: this is not a rules file; nothing was saved")]
pub struct Malformed {
    /// The file name, the line and the column.
    pub place: String,
    /// The error at this place.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// The format of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2.
    Yaml,
    /// JSON.
    Json,
}

/// The text of a document, with which errors are reported with their line.
#[derive(Debug)]
pub struct Source {
    /// The file name, for messages.
    pub path: PathBuf,
    /// The format of the text.
    pub format: Format,
    /// The whole text.
    pub text: String,
}

/// A whole document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drafts {
    /// The marketplace of the rules. The document cannot be imported into another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketplace: Option<MarketplaceId>,
    /// The rules.
    pub rules: Vec<Draft>,
}

/// A rule of a document. References to other resources are unchecked text: they are resolved with all rules at hand, so
/// that one run finds every error.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The rule's id, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RuleId>,
    /// The merchant's own name for the rule. If the document has no id, the id is derived from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the rule applies to every product.
    #[serde(default, skip_serializing_if = "is_false")]
    pub global: bool,
    /// The products that the rule applies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<ProductId>>,
    /// The trigger's key: the If.
    pub trigger: String,
    /// The app of the integration, for readers of the document. It must be the integration's app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The label or the id of the account.
    pub integration: String,
    /// The key of the action: the Then.
    pub action: String,
    /// The settings of the action.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub settings: Settings,
    /// Setting values that were typed, such as a new tag's name, and that are not the value of an option.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub typed: Vec<String>,
    /// The conditions, all of which must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<DraftCondition>,
    /// Whether the contact is the gift's recipient.
    #[serde(default, skip_serializing_if = "is_false")]
    pub use_gift_recipient: bool,
    /// Whether the rule is enabled.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
}

/// A condition of a document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftCondition {
    /// The field's name.
    pub field: String,
    /// The operator of the comparison.
    pub operator: Operator,
    /// The value to compare with.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
fn is_true(flag: &bool) -> bool {
    *flag
}

fn is_empty(settings: &Settings) -> bool {
    settings.0.is_empty()
}

fn yes() -> bool {
    true
}

impl Source {
    /// The format is that of the file name's extension.
    pub fn new(path: PathBuf, text: String) -> Self {
        let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        Self { path, format: if json { Format::Json } else { Format::Yaml }, text }
    }

    /// Parses the rules.
    pub fn parse(&self) -> Result<Drafts, Malformed> {
        let malformed = |at, source| Malformed { place: self.place(at), source };
        if self.text.len() > LARGEST {
            return Err(malformed(None, TooLong(self.text.len()).into()));
        }
        if self.text.trim().is_empty() {
            return Err(malformed(None, EMPTY.into()));
        }
        match self.format {
            Format::Yaml => {
                let broken =
                    |error| malformed(yaml::position(&self.text, &error), yaml::message(&error).into());
                yaml::expanded_size(&self.text, MOST_SAID).map_err(broken)?;
                yaml::read(&self.text, PhantomData::<Drafts>).map_err(|error| {
                    let positions = Positions::of(&self.text);
                    self.misshapen(positions.value(), &positions).unwrap_or_else(|| broken(error))
                })
            }
            Format::Json => serde_json::from_str(&self.text).map_err(|error| {
                let value = serde_json::from_str(&self.text).ok();
                self.misshapen(value, &Positions::of(&self.text))
                    .unwrap_or_else(|| malformed(Some(json::position(&error)), json::message(&error).into()))
            }),
        }
    }

    /// The first errors of the document's structure. `None`: the structure is correct, or the text cannot be parsed.
    fn misshapen(&self, value: Option<Value>, positions: &Positions) -> Option<Malformed> {
        let mistakes = shape::mistakes(&value?, MOST_PROBLEMS);
        let is_sound = mistakes.is_empty();
        let source = Box::new(self.located(mistakes, positions));
        (!is_sound).then(|| Malformed { place: self.place(None), source })
    }

    /// Finds the positions of the first errors.
    pub fn locate(&self, found: Vec<Problem>) -> Problems {
        self.located(found, &Positions::of(&self.text))
    }

    fn located(&self, found: Vec<Problem>, positions: &Positions) -> Problems {
        let located = |problem: Problem| {
            let place = self.place(positions.find(&problem.path));
            Located { field: problem.pointer(), place, message: problem.message }
        };
        Problems(found.into_iter().take(MOST_PROBLEMS).map(located).collect())
    }

    /// "rules.yaml:12:5", which editors and terminals turn into links.
    pub fn place(&self, at: Option<Position>) -> String {
        let path = self.path.display();
        at.map_or_else(|| path.to_string(), |at| format!("{path}:{at}"))
    }
}

#[cfg(test)]
mod broken;

#[cfg(test)]
mod tests {
    use super::*;

    fn error(name: &str, text: &str) -> String {
        let error = Source::new(PathBuf::from(name), text.to_owned()).parse().unwrap_err();
        format!("{error} / {}", std::error::Error::source(&error).unwrap())
    }

    #[test]
    fn yaml_and_json_hold_the_same() {
        let yaml = "rules:\n  - {trigger: t, integration: i, action: a, settings: {tag: [VIP]}}\n";
        let json = r#"{"rules": [{"trigger": "t", "integration": "i", "action": "a", "settings": {"tag": ["VIP"]}}]}"#;
        for (name, text) in [("r.yaml", yaml), ("r.JSON", json)] {
            let drafts = Source::new(PathBuf::from(name), text.to_owned()).parse().unwrap();
            assert_eq!(drafts.rules[0].settings.0["tag"], serde_json::json!(["VIP"]));
            assert!(drafts.rules[0].enabled && !drafts.rules[0].global);
        }
    }

    #[test]
    fn what_aliases_make_of_a_few_lines_is_refused_before_it_is_built() {
        let text = "x".repeat(1_000);
        let many = |name: &str| format!("[{}]", vec![name; 100].join(", "));
        let bomb = format!(
            "rules:\n  - trigger: t\n    integration: i\n    action: a\n    settings:\n      \
             a: &a {text}\n      b: &b {}\n      c: &c {}\n      d: {}\n",
            many("*a"),
            many("*b"),
            many("*c")
        );
        let error = error("bomb.yaml", &bomb);
        assert!(error.contains("with its aliases expanded it has more than 2000000 bytes"), "{error}");
        // A few aliases are allowed, and so is a tag that names the type that the value has anyway.
        let text = "rules:\n  - &a {trigger: !!str t, integration: i, action: !t 99999999999999999999999, settings: {l: .5}}\n  - *a\n";
        let drafts = Source::new(PathBuf::from("r.yaml"), text.to_owned()).parse().unwrap();
        assert_eq!(drafts.rules.len(), 2);
    }

    #[test]
    fn a_document_that_is_made_to_take_long_is_refused_at_once() {
        let full = |part: &str| part.repeat((LARGEST - 20) / part.len());
        let rule = "rules:\n- trigger: t\n  integration: i\n  action: a\n  settings: ";
        for (text, said) in [
            (format!("rules: {}", full("[")), "more than 32 deep"),
            (format!("rules: {}", full("{a: ")), "more than 32 deep"),
            (format!("{rule}{{a: {}", "[".repeat(1_000)), "more than 32 deep"),
            (format!("rules:\n  {}", full("- ")), "more than 32 deep"),
            (format!("rules: [{}", full("[],")), "too many values"),
            (format!("{rule}{{b: &b [], a: [{}]}}", "*b,".repeat(100_000)), "too many values or aliases"),
            // Each is a rule with fields that are missing.
            (format!("rules:\n{}", full("  - name: B\n")), "too many values or aliases"),
        ] {
            let error = error("long.yaml", &text);
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_document_that_is_too_long_is_not_read() {
        for name in ["r.yaml", "r.json"] {
            let error = error(name, &" ".repeat(LARGEST + 1));
            assert!(error.contains("it has 1000001 bytes; the maximum is 1000000"), "{error}");
        }
    }

    #[test]
    fn a_file_of_another_shape_is_named_with_its_line_and_what_it_should_be() {
        for (name, text, line, said) in [
            ("r.yaml", "rules:\n  - trigger: [\n", "r.yaml:", "a list in brackets is not complete"),
            (
                "r.yaml",
                "rules:\n  - action: a\n    integration: i\n",
                "r.yaml:2:5: ",
                "the field `trigger` is missing",
            ),
            (
                "r.yaml",
                "rules:\n  - trigger: t\n    integration: i\n    actoin: a\n",
                "r.yaml:4:13: ",
                "the field `actoin` does not exist",
            ),
            (
                "r.yaml",
                "rules:\n  - trigger: t\n    integration: i\n    action: a\n    conditions:\n      - field: amount\n        operator: is\n",
                "r.yaml:7:19: ",
                "operator `is` does not exist; the operators are: equals",
            ),
            (
                "r.json",
                "{\n  \"rules\": [\n    {\"trigger\": 7}\n  ]\n}",
                "r.json:3:17: ",
                "`trigger` is text, not a number",
            ),
            ("r.json", "{\n  \"rules\": [\n", "r.json:", "the file ends too early"),
            (
                "r.json",
                "{\"marketplace\": \"shop #1\", \"rules\": []}",
                "r.json:1:17: ",
                "marketplace_id is not valid",
            ),
        ] {
            let error = error(name, text);
            assert!(error.contains(line) && error.contains(said), "{error}");
        }
    }
}
