//! Why something published is no fact.

use super::arrival::MOST_BYTES;
use super::kind::FactKind;

/// Why something published is no fact; each variant is mended by somebody else. Publishing the same again never helps.
#[derive(Debug, thiserror::Error)]
pub enum FactError {
    /// The engine does not know the name: the rule on the bus is too wide, or the producer misspelt it.
    #[error("detail-type `{found}` is no fact; the facts are: {list}", list = list())]
    UnknownDetailType {
        /// What was given.
        found: String,
    },
    /// More than can be stored, so nothing is done: the producer leaves out what nobody asks for.
    #[error(
        "the detail has {bytes} bytes, and at most {MOST_BYTES} are taken; publish the fact again without fields that \
         no rule and no webhook needs"
    )]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
    /// Nothing can be read: whatever put the event together is broken.
    #[error("the detail is not JSON; publish one JSON object")]
    NotJson {
        /// Where the text stops being JSON.
        #[source]
        source: serde_json::Error,
    },
    /// One field breaks the contract: the producer corrects it.
    #[error("`{path}` {problem}; see events/schemas/{schema}")]
    FieldInvalid {
        /// Where it stands: `items[0].price.currency`.
        path: String,
        /// What is wrong with it and what it should be.
        problem: String,
        /// The file that describes the fact.
        schema: &'static str,
    },
}

impl FactError {
    /// Where it breaks the contract. Unlike the message it quotes no value, so a log may have it.
    pub fn place(&self) -> &str {
        match self {
            Self::UnknownDetailType { .. } => "detail-type",
            Self::TooLarge { .. } | Self::NotJson { .. } => "detail",
            Self::FieldInvalid { path, .. } => path,
        }
    }

    pub(super) fn field(schema: &'static str, error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let problem = error.inner().to_string();
        let (path, problem) = match missing(&problem) {
            Some(field) => (join(&error.path().to_string(), field), "is missing".to_owned()),
            None => (join(&error.path().to_string(), ""), sentence(problem)),
        };
        Self::FieldInvalid { path, problem, schema }
    }
}

/// serde reports a missing field at its parent and names it in the message only.
fn missing(problem: &str) -> Option<&str> {
    problem.strip_prefix("missing field `")?.strip_suffix('`')
}

/// serde's own messages ("invalid type: …") get a verb, so that they read on after the field's name.
fn sentence(problem: String) -> String {
    let own = ["invalid ", "unknown variant"].iter().any(|start| problem.starts_with(start));
    if own { format!("has an {problem}") } else { problem }
}

fn join(parent: &str, field: &str) -> String {
    match (parent, field) {
        ("." | "", "") => "detail".to_owned(),
        ("." | "", field) => field.to_owned(),
        (parent, "") => parent.to_owned(),
        (parent, field) => format!("{parent}.{field}"),
    }
}

fn list() -> String {
    FactKind::PUBLISHED.iter().map(|kind| kind.detail_type()).collect::<Vec<_>>().join(", ")
}
