//! Responses to creates with an `Idempotency-Key`, so that a create is not repeated.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::id::MarketplaceId;
use domain::time;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Store, StoreError, keys, read, unavailable, write};

/// How long a response is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// After this, a create that was begun and never ended may begin again.
const LEASE: SignedDuration = SignedDuration::from_mins(1);

/// A stored response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredResponse {
    /// The request's fingerprint, which distinguishes a repetition from another request under the same key.
    pub fingerprint: String,
    /// The response's status; 0 while there is no response.
    pub status: u16,
    /// The response's body.
    pub body: String,
    /// The response's entity tag, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Until when no other request begins the create.
    pub leased_until: Timestamp,
}

/// The result of beginning a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// This request performs the create.
    Ours,
    /// An earlier request began the create.
    Before(Box<StoredResponse>),
}

impl Store {
    /// Begins a create under a key.
    pub async fn begin_create(
        &self,
        m: &MarketplaceId,
        key: &str,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<Attempt, StoreError> {
        let leased_until = time::after(now, LEASE);
        let begun = StoredResponse {
            fingerprint: fingerprint.to_owned(),
            status: 0,
            body: String::new(),
            etag: None,
            leased_until,
        };
        let mut item = write(keys::idempotency(m, key), &begun)?;
        item.insert("ttl".to_owned(), until(now));
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            // An expired item is treated as deleted; so is a create that was begun and never ended.
            .condition_expression(
                "attribute_not_exists(pk) OR #ttl <= :second OR (#status = :none AND leased_until < :now)",
            )
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":second", N(now.as_second().to_string()))
            .expression_attribute_values(":none", N("0".to_owned()))
            .expression_attribute_values(":now", S(now.to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match request.send().await {
            Ok(_) => Ok(Attempt::Ours),
            Err(SdkError::ServiceError(refused)) => match refused.into_err() {
                PutItemError::ConditionalCheckFailedException(failed) => {
                    let kept = read(failed.item.unwrap_or_default(), "an answer")?;
                    Ok(Attempt::Before(Box::new(kept)))
                }
                error => {
                    let source = Box::new(error);
                    Err(StoreError::Unavailable { operation: "PutItem of an answer", source })
                }
            },
            Err(error) => Err(unavailable("PutItem of an answer")(error)),
        }
    }

    /// Stores the create's response.
    pub async fn end_create(
        &self,
        m: &MarketplaceId,
        key: &str,
        kept: &StoredResponse,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut item = write(keys::idempotency(m, key), kept)?;
        item.insert("ttl".to_owned(), until(now));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map(drop).map_err(unavailable("PutItem of an answer"))
    }

    /// Deletes a create that failed, so that it can be retried under the same key.
    pub async fn forget_create(&self, m: &MarketplaceId, key: &str) -> Result<(), StoreError> {
        let request = self.delete_item(keys::idempotency(m, key));
        request.send().await.map(drop).map_err(unavailable("DeleteItem of an answer"))
    }
}

fn until(now: Timestamp) -> aws_sdk_dynamodb::types::AttributeValue {
    N(time::after(now, KEPT).as_second().to_string())
}
