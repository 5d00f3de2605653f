//! Why something published is no fact.

use super::kind::FactKind;

/// The most bytes of a detail. DynamoDB holds 400 KB: an event with its verdicts, and a webhook's action that waits, have
/// the rest for themselves. A prospect's detail fits the input of a schedule, which takes 256 KiB.
pub const MOST_BYTES: usize = 256_000;

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
    /// JSON that the engine cannot hold: nested more than 127 levels deep, or with a number beyond any double.
    #[error("the detail is JSON that cannot be read: {source}; publish the fact again without that value")]
    Unreadable {
        /// What stops the reading, and where.
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
    /// Where it breaks the contract.
    pub fn place(&self) -> &str {
        match self {
            Self::UnknownDetailType { .. } => "detail-type",
            Self::TooLarge { .. } | Self::NotJson { .. } | Self::Unreadable { .. } => "detail",
            Self::FieldInvalid { path, .. } => path,
        }
    }
}

fn list() -> String {
    FactKind::PUBLISHED.iter().map(|kind| kind.detail_type()).collect::<Vec<_>>().join(", ")
}
