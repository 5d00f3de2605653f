//! The rules file as it is written: YAML, or JSON where its name ends so.

use std::io;
use std::path::PathBuf;

use domain::condition::Operator;
use domain::id::{MarketplaceId, ProductId, RuleId};
use domain::rule::Settings;
use serde::Deserialize;
use serde_json::Value;

/// A file that is no rules file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// It cannot be opened.
    #[error("the rules file {path} cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is not YAML, or not of this shape. Nothing was saved.
    #[error("{place}: this is no rules file; nothing was saved")]
    Malformed {
        /// File and line.
        place: String,
        /// What the line has instead.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// YAML 1.1 as libyaml reads it.
    Yaml,
    /// JSON.
    Json,
}

/// A file's text, so that a line can be found for whatever is wrong with it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
    pub(crate) text: String,
}

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drafts {
    /// Whose rules they are; the command line's `--marketplace` has the last word.
    #[serde(default)]
    pub(crate) marketplace: Option<MarketplaceId>,
    /// The rules.
    pub(crate) rules: Vec<Draft>,
}

/// A rule as it is written. What names something else is still text: whether that exists is judged with all rules at
/// hand, so that one run finds every mistake.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    #[serde(default)]
    pub(crate) id: Option<RuleId>,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) global: bool,
    #[serde(default)]
    pub(crate) products: Option<Vec<ProductId>>,
    pub(crate) trigger: String,
    /// Says again what the integration says, for the reader; held against it.
    #[serde(default)]
    pub(crate) app: Option<String>,
    /// A label or an id.
    pub(crate) integration: String,
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) settings: Settings,
    #[serde(default)]
    pub(crate) conditions: Vec<DraftCondition>,
    #[serde(default)]
    pub(crate) use_gift_recipient: bool,
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
}

/// A condition as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftCondition {
    pub(crate) field: String,
    pub(crate) operator: Operator,
    #[serde(default)]
    pub(crate) value: Value,
}

fn yes() -> bool {
    true
}

/// Reads a file's text.
pub(crate) fn open(path: PathBuf) -> Result<Source, FileError> {
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Source::new(path, text)),
        Err(source) => Err(FileError::Unreadable { path, source }),
    }
}

impl Source {
    /// The name says how it is written.
    pub(crate) fn new(path: PathBuf, text: String) -> Self {
        let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        Self { path, format: if json { Format::Json } else { Format::Yaml }, text }
    }

    /// The rules as they are written.
    pub(crate) fn parse(&self) -> Result<Drafts, FileError> {
        let malformed =
            |line: Option<usize>, source| FileError::Malformed { place: self.place(line), source };
        match self.format {
            Format::Yaml => serde_norway::from_str(&self.text).map_err(|error| {
                let line = error.location().map(|location| location.line());
                malformed(line, error.into())
            }),
            Format::Json => {
                serde_json::from_str(&self.text).map_err(|error| malformed(Some(error.line()), error.into()))
            }
        }
    }

    /// "rules.yaml:12", as editors and terminals make links of.
    pub(crate) fn place(&self, line: Option<usize>) -> String {
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
    fn a_file_of_another_shape_is_named_with_its_line_and_what_it_should_be() {
        for (name, text, line, said) in [
            ("r.yaml", "rules:\n  - trigger: [\n", "r.yaml:", "line"),
            ("r.yaml", "rules:\n  - action: a\n    integration: i\n", "r.yaml:2", "missing field `trigger`"),
            (
                "r.yaml",
                "rules:\n  - trigger: t\n    integration: i\n    actoin: a\n",
                "r.yaml:4",
                "unknown field `actoin`",
            ),
            (
                "r.yaml",
                "rules:\n  - trigger: t\n    integration: i\n    action: a\n    conditions:\n      - field: amount\n        operator: is\n",
                "r.yaml:7",
                "unknown variant `is`, expected one of `equals`",
            ),
            (
                "r.json",
                "{\n  \"rules\": [\n    {\"trigger\": 7}\n  ]\n}",
                "r.json:3",
                "invalid type: integer `7`",
            ),
            ("r.json", "{\n  \"rules\": [\n", "r.json:", "EOF"),
            ("r.json", "{\"marketplace\": \"shop #1\", \"rules\": []}", "r.json:1", "`shop #1` is not valid"),
        ] {
            let error = error(name, text);
            assert!(error.starts_with(line) && error.contains(said), "{error}");
        }
    }
}
