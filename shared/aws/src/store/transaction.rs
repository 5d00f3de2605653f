//! Several writes in one transaction, to items that other functions write too.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};

use super::{Store, StoreError, unavailable};

/// How often a transaction is tried if concurrent writes conflict with it.
const TRIES: u32 = 5;

/// A transaction that failed.
#[derive(Debug)]
pub(super) enum Cancelled {
    /// The condition of the write at this index is not met.
    Unmet(usize),
    /// The call failed.
    Store(StoreError),
}

/// The reason why a transaction was canceled.
#[derive(Debug, PartialEq, Eq)]
enum Against {
    /// The condition of the write at this index.
    Condition(usize),
    /// Only a conflict with a concurrent write.
    Others,
    /// Another reason.
    Else,
}

impl Store {
    /// Writes everything or nothing. A concurrent write to one of the items, such as to an account's health, cancels a
    /// transaction even if its conditions are met: then it is retried.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), Cancelled> {
        let mut tried = 0;
        loop {
            let request = self.client.transact_write_items().set_transact_items(Some(writes.clone()));
            let Err(error) = request.send().await else { return Ok(()) };
            match against(&error) {
                Against::Condition(at) => return Err(Cancelled::Unmet(at)),
                Against::Others if tried < TRIES => {
                    tried += 1;
                    tokio::time::sleep(Duration::from_millis(20) * tried).await;
                }
                Against::Others | Against::Else => {
                    return Err(Cancelled::Store(unavailable("TransactWriteItems")(error)));
                }
            }
        }
    }
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
fn against<R>(error: &SdkError<TransactWriteItemsError, R>) -> Against {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            of(cancelled.cancellation_reasons())
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => Against::Others,
        _ => Against::Else,
    }
}

fn of(reasons: &[CancellationReason]) -> Against {
    let is = |code: &'static str| move |reason: &CancellationReason| reason.code() == Some(code);
    match reasons.iter().position(is("ConditionalCheckFailed")) {
        Some(at) => Against::Condition(at),
        None if reasons.iter().any(is("TransactionConflict")) => Against::Others,
        None => Against::Else,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_condition_is_a_refusal_and_a_conflict_is_tried_again() {
        let reasons = |codes: &[&str]| {
            let reason = |code: &&str| CancellationReason::builder().code(*code).build();
            of(&codes.iter().map(reason).collect::<Vec<_>>())
        };
        assert_eq!(reasons(&["None", "ConditionalCheckFailed"]), Against::Condition(1));
        assert_eq!(reasons(&["TransactionConflict", "None"]), Against::Others);
        assert_eq!(reasons(&["TransactionConflict", "ConditionalCheckFailed"]), Against::Condition(1));
        assert_eq!(reasons(&["None", "ThrottlingError"]), Against::Else);
        assert_eq!(reasons(&[]), Against::Else);
    }
}
