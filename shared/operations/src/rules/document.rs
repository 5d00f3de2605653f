//! Rules as they are written in a document: YAML, or JSON where its name ends so.

use std::marker::PhantomData;
use std::path::PathBuf;

use domain::condition::Operator;
use domain::id::{MarketplaceId, ProductId, RuleId};
use domain::settings::Settings;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::locate::Lines;
use super::problem::{Located, Problem, Problems};
use super::{expanded_size, shape, yaml};

/// As many bytes may a document have.
pub const LARGEST: usize = 1_000_000;
/// At most this many mistakes are listed.
const MOST_PROBLEMS: usize = 50;
/// As much may it say with its aliases written out: more than a document without any can.
const MOST_SAID: usize = 2 * LARGEST;

/// A text that is longer than a document may be.
#[derive(Debug, thiserror::Error)]
#[error("it has {0} bytes; {LARGEST} are the most")]
struct TooLong(usize);

/// A text that is no rules document: not YAML, or not of this shape. Nothing was saved.
#[derive(Debug, thiserror::Error)]
#[error("{place}: this is no rules file; nothing was saved")]
pub struct Malformed {
    /// Document and line.
    pub place: String,
    /// What the line has instead.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2.
    Yaml,
    /// JSON.
    Json,
}

/// A document's text, so that a line can be found for whatever is wrong with it.
#[derive(Debug)]
pub struct Source {
    /// What it is called, for messages.
    pub path: PathBuf,
    /// How it is written.
    pub format: Format,
    /// All of it.
    pub text: String,
}

/// The whole document.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drafts {
    /// Whose rules they are: for nobody else are they read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketplace: Option<MarketplaceId>,
    /// The rules.
    pub rules: Vec<Draft>,
}

/// A rule as it is written. What names something else is still text: whether that exists is judged with all rules at
/// hand, so that one run finds every mistake.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The id, where the rule has one already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RuleId>,
    /// The merchant's own name for it. Without an id, the name gives the id, always the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is for every product.
    #[serde(default, skip_serializing_if = "is_false")]
    pub global: bool,
    /// The products that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<ProductId>>,
    /// The If.
    pub trigger: String,
    /// Says again what the integration says, for the reader; held against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// A label or an id.
    pub integration: String,
    /// The Then.
    pub action: String,
    /// What the action needs to know.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub settings: Settings,
    /// Values in the settings that were typed by hand, such as a new tag's name: they stand for no option's value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub typed: Vec<String>,
    /// What must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<DraftCondition>,
    /// Whether it is about the gift's recipient.
    #[serde(default, skip_serializing_if = "is_false")]
    pub use_gift_recipient: bool,
    /// Whether it is on.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
}

/// A condition as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftCondition {
    /// The field's name.
    pub field: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
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
    /// The name says how it is written.
    pub fn new(path: PathBuf, text: String) -> Self {
        let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        Self { path, format: if json { Format::Json } else { Format::Yaml }, text }
    }

    /// The rules as they are written.
    pub fn parse(&self) -> Result<Drafts, Malformed> {
        let malformed = |line: Option<usize>, source| Malformed { place: self.place(line), source };
        if self.text.len() > LARGEST {
            return Err(malformed(None, TooLong(self.text.len()).into()));
        }
        match self.format {
            Format::Yaml => {
                let broken = |error| malformed(yaml::line(&error), yaml::message(&error).into());
                expanded_size::check(&self.text, MOST_SAID).map_err(broken)?;
                yaml::read(&self.text, PhantomData::<Drafts>).map_err(|error| {
                    self.misshapen(yaml::read(&self.text, PhantomData::<Value>).ok())
                        .unwrap_or_else(|| broken(error))
                })
            }
            Format::Json => serde_json::from_str(&self.text).map_err(|error| {
                self.misshapen(serde_json::from_str(&self.text).ok())
                    .unwrap_or_else(|| malformed(Some(error.line()), error.into()))
            }),
        }
    }

    /// All that is wrong with the shape of a document; `None`: it has the right one, or cannot be read at all.
    fn misshapen(&self, value: Option<Value>) -> Option<Malformed> {
        let mistakes = shape::mistakes(&value?);
        let is_sound = mistakes.is_empty();
        let source = Box::new(self.locate(mistakes));
        (!is_sound).then(|| Malformed { place: self.place(None), source })
    }

    /// Finds the lines of the first mistakes.
    pub fn locate(&self, found: Vec<Problem>) -> Problems {
        let lines = Lines::of(&self.text);
        let located = |problem: Problem| {
            let place = self.place(lines.find(&problem.path));
            Located { field: problem.pointer(), place, message: problem.message }
        };
        Problems(found.into_iter().take(MOST_PROBLEMS).map(located).collect())
    }

    /// "rules.yaml:12", as editors and terminals make links of.
    pub fn place(&self, line: Option<usize>) -> String {
        let path = self.path.display();
        line.map_or_else(|| path.to_string(), |line| format!("{path}:{line}"))
    }
}

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
        assert!(error.contains("with its aliases written out it says more than 2000000 bytes"), "{error}");
        // A few are a convenience, and so is a tag that says what a value is anyway.
        let text = "rules:\n  - &a {trigger: !!str t, integration: i, action: !t 99999999999999999999999, settings: {l: .5}}\n  - *a\n";
        let drafts = Source::new(PathBuf::from("r.yaml"), text.to_owned()).parse().unwrap();
        assert_eq!(drafts.rules.len(), 2);
    }

    #[test]
    fn a_document_that_is_made_to_take_long_is_refused_at_once() {
        let full = |part: &str| part.repeat((LARGEST - 20) / part.len());
        let rule = "rules:\n- trigger: t\n  integration: i\n  action: a\n  settings: ";
        for (text, said) in [
            (format!("rules: {}", full("[")), "recursion limit"),
            (format!("rules: {}", full("{a: ")), "more than 32 deep"),
            (format!("{rule}{{a: {}", "[".repeat(1_000)), "recursion limit"),
            (format!("rules:\n  {}", full("- ")), "more than 32 deep"),
            (format!("rules: [{}", full("[],")), "too many values"),
            (format!("{rule}{{b: &b [], a: [{}]}}", "*b,".repeat(100_000)), "too many values or aliases"),
        ] {
            let error = error("long.yaml", &text);
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_document_that_is_too_long_is_not_read() {
        for name in ["r.yaml", "r.json"] {
            let error = error(name, &" ".repeat(LARGEST + 1));
            assert!(error.contains("it has 1000001 bytes; 1000000 are the most"), "{error}");
        }
    }

    #[test]
    fn a_file_of_another_shape_is_named_with_its_line_and_what_it_should_be() {
        for (name, text, line, said) in [
            ("r.yaml", "rules:\n  - trigger: [\n", "r.yaml:", "line"),
            (
                "r.yaml",
                "rules:\n  - action: a\n    integration: i\n",
                "r.yaml:2: ",
                "the field `trigger` is missing",
            ),
            (
                "r.yaml",
                "rules:\n  - trigger: t\n    integration: i\n    actoin: a\n",
                "r.yaml:4: ",
                "the field `actoin` does not exist",
            ),
            (
                "r.yaml",
                "rules:\n  - trigger: t\n    integration: i\n    action: a\n    conditions:\n      - field: amount\n        operator: is\n",
                "r.yaml:7: ",
                "operator `is` does not exist; the operators are: equals",
            ),
            (
                "r.json",
                "{\n  \"rules\": [\n    {\"trigger\": 7}\n  ]\n}",
                "r.json:3: ",
                "`trigger` is text, not a number",
            ),
            ("r.json", "{\n  \"rules\": [\n", "r.json:", "EOF"),
            (
                "r.json",
                "{\"marketplace\": \"shop #1\", \"rules\": []}",
                "r.json:1: ",
                "marketplace_id is not valid",
            ),
        ] {
            let error = error(name, text);
            assert!(error.contains(line) && error.contains(said), "{error}");
        }
    }
}
