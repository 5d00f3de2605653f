//! The errors of DynamoDB.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>

use std::sync::Arc;

use serde::Serialize;

use super::value::{Item, Shared};

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    Validation(String),
    /// There is no such table or index.
    NotFound,
    /// The condition is not met; with the item, if the call wants it.
    Condition(Option<Arc<Item>>),
    /// Another transaction holds the item.
    Conflict,
    /// A transaction with this token runs.
    InProgress,
    /// A transaction with this token had other content.
    OtherContent,
    /// The transaction is cancelled, with a reason for each of its writes.
    Cancelled(Vec<Reason>),
}

/// Why a write of a transaction failed, or that it did not.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Reason {
    pub(super) code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<Shared>,
}

impl Reason {
    pub(super) const NONE: Self = Self { code: "None", message: None, item: None };
}

/// The JSON of an error.
#[derive(Debug, Serialize)]
pub(super) struct Body {
    #[serde(rename = "__type")]
    kind: String,
    message: String,
    #[serde(rename = "Item", skip_serializing_if = "Option::is_none")]
    item: Option<Shared>,
    #[serde(rename = "CancellationReasons", skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<Reason>>,
}

const UNMET: &str = "The conditional request failed";

impl Refusal {
    pub(super) fn validation(message: String) -> Self {
        Self::Validation(message)
    }

    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Validation(_) => "ValidationException",
            Self::NotFound => "ResourceNotFoundException",
            Self::Condition(_) => "ConditionalCheckFailedException",
            Self::Conflict => "TransactionConflictException",
            Self::InProgress => "TransactionInProgressException",
            Self::OtherContent => "IdempotentParameterMismatchException",
            Self::Cancelled(_) => "TransactionCanceledException",
        }
    }

    /// The reason of a transaction that this refusal of one of its writes cancels.
    pub(super) fn reason(self) -> Reason {
        match self {
            Self::Condition(item) => Reason {
                code: "ConditionalCheckFailed",
                message: Some(UNMET.to_owned()),
                item: item.map(Shared),
            },
            Self::Conflict => Reason {
                code: "TransactionConflict",
                message: Some("Transaction is ongoing for the item".to_owned()),
                item: None,
            },
            other => Reason { code: "ValidationError", message: Some(other.message()), item: None },
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Validation(message) => message.clone(),
            Self::NotFound => "Requested resource not found".to_owned(),
            Self::Condition(_) => UNMET.to_owned(),
            Self::Conflict => "Transaction is ongoing for the item".to_owned(),
            Self::InProgress => "Transaction is in progress for the given token".to_owned(),
            Self::OtherContent => {
                "Request token already in use for another request with a different payload".to_owned()
            }
            Self::Cancelled(reasons) => {
                let codes: Vec<_> = reasons.iter().map(|reason| reason.code).collect();
                format!(
                    "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
                    codes.join(", ")
                )
            }
        }
    }

    pub(super) fn body(self) -> Body {
        let (kind, message) = (format!("com.amazonaws.dynamodb.v20120810#{}", self.code()), self.message());
        let (item, reasons) = match self {
            Self::Condition(item) => (item.map(Shared), None),
            Self::Cancelled(reasons) => (None, Some(reasons)),
            _ => (None, None),
        };
        Body { kind, message, item, reasons }
    }
}
