//! The reasons for rejecting a published event.

use super::kind::FactKind;

/// The most bytes of a detail. An item in DynamoDB has at most 400 KB: the rest is for an event's verdicts, and for a
/// waiting webhook's action. A prospect's detail fits the input of a schedule, which has at most 256 KiB.
pub const MOST_BYTES: usize = 256_000;

/// The reason for rejecting a published event. The variants differ in where the error is corrected. Publishing the same event
/// again never helps.
#[derive(Debug, thiserror::Error)]
pub enum FactError {
    /// The name is unknown: the rule on the bus is too wide, or the producer misspelled it.
    #[error("detail-type `{found}` is not a fact; the facts are: {list}", list = list())]
    UnknownDetailType {
        /// The given detail-type.
        found: String,
    },
    /// The detail is too large to store, so nothing is done. The producer leaves out fields that no schema names.
    #[error(
        "the detail has {bytes} bytes; the limit is {MOST_BYTES}; publish the fact again without fields that \
         no rule and no webhook needs"
    )]
    TooLarge {
        /// The size of the detail.
        bytes: usize,
    },
    /// The detail cannot be read: the producer's serialization is broken.
    #[error("the detail is not JSON; publish one JSON object")]
    NotJson {
        /// The position of the syntax error.
        #[source]
        source: serde_json::Error,
    },
    /// JSON that the engine cannot represent: nested more than 127 levels deep, or with a number beyond the range of a
    /// double.
    #[error("the detail is JSON that cannot be read: {source}; publish the fact again without that value")]
    Unreadable {
        /// The reader's error, with its position.
        source: serde_json::Error,
    },
    /// One field violates the contract: the producer corrects it.
    #[error("`{path}` {problem}; see events/schemas/{schema}")]
    FieldInvalid {
        /// The path of the field: `items[0].price.currency`.
        path: String,
        /// The problem and the expected value.
        problem: String,
        /// The schema of the fact.
        schema: &'static str,
    },
}

impl FactError {
    /// The path of the field that violates the contract.
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
