//! OAuth tokens: one item for each account, replaced as a whole by a caller that has read the stored version.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use domain::id::{IntegrationId, MarketplaceId};
use domain::token::Tokens;
use jiff::Timestamp;

use super::{Store, StoreError, keys, read, unavailable, write};

/// The result of replacing tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Swapped {
    /// The tokens are replaced.
    Done,
    /// Other tokens are stored; `None` if there are none.
    Stands(Option<Box<Tokens>>),
}

/// New tokens, and the stored tokens that they replace.
#[derive(Debug, Clone, Copy)]
pub struct Replacing<'a> {
    /// The tokens that were stored when they were read, if any.
    pub before: Option<&'a Tokens>,
    /// The new ones.
    pub tokens: &'a Tokens,
}

impl Store {
    /// The tokens of an account, read with strong consistency, because without them the merchant is asked to reconnect.
    /// `None` if the account was never connected by OAuth.
    pub async fn tokens(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        now: Timestamp,
    ) -> Result<Option<Tokens>, StoreError> {
        self.get_latest(keys::tokens(m, integration), now).await?.map(|item| read(item, "tokens")).transpose()
    }

    /// Writes the tokens as part of a transaction.
    pub(super) fn replace_tokens(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        Replacing { before, tokens }: Replacing<'_>,
    ) -> Result<TransactWriteItem, StoreError> {
        let item = write(keys::tokens(m, integration), tokens)?;
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        Ok(super::rules::put(match before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(before) => put
                .condition_expression("stamp = :stamp")
                .expression_attribute_values(":stamp", S(before.stamp.clone())),
        }))
    }

    /// Writes `tokens` if `before` is still stored; if it is `None`, only if no tokens are stored.
    pub async fn swap_tokens(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        before: Option<&Tokens>,
        tokens: &Tokens,
    ) -> Result<Swapped, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(write(keys::tokens(m, integration), tokens)?))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = match before {
            None => request.condition_expression("attribute_not_exists(pk)"),
            Some(before) => request
                .condition_expression("stamp = :stamp")
                .expression_attribute_values(":stamp", S(before.stamp.clone())),
        };
        let item = match request.send().await {
            Ok(_) => return Ok(Swapped::Done),
            Err(SdkError::ServiceError(refused)) => match refused.into_err() {
                PutItemError::ConditionalCheckFailedException(failed) => failed.item,
                error => {
                    let source = Box::new(error);
                    return Err(StoreError::Unavailable { operation: "PutItem of tokens", source });
                }
            },
            Err(error) => return Err(unavailable("PutItem of tokens")(error)),
        };
        let stands: Option<Tokens> = item.map(|item| read(item, "tokens")).transpose()?;
        // If the response to a write is lost, the SDK repeats the write, which then finds its own result.
        if stands.as_ref().is_some_and(|stands| stands.stamp == tokens.stamp) {
            return Ok(Swapped::Done);
        }
        Ok(Swapped::Stands(stands.map(Box::new)))
    }

    /// Deletes the tokens of an account.
    pub async fn delete_tokens(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
    ) -> Result<(), StoreError> {
        let request = self.delete_item(keys::tokens(m, integration));
        request.send().await.map(drop).map_err(unavailable("DeleteItem of tokens"))
    }
}
