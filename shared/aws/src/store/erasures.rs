//! Erasing a buyer: the marker that outlasts the erased items, and deleting item by item.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::effect::Claim;
use domain::erasure::{self, Erasure};
use domain::id::{BuyerKey, EffectKey, EventId, JobId, MarketplaceId};
use jiff::Timestamp;

use super::keys::{self, Key};
use super::{Store, StoreError, read, unavailable, write};

impl Store {
    /// The marker of a buyer's erasure.
    pub async fn erasure(
        &self,
        m: &MarketplaceId,
        buyer: BuyerKey,
        now: Timestamp,
    ) -> Result<Option<Erasure>, StoreError> {
        let found = self.get_latest(keys::erasure(m, buyer), now).await?;
        found.map(|item| read(item, "an erasure")).transpose()
    }

    /// Stores the marker for as long as the log is kept: longer than a message waits in any queue.
    pub async fn save_erasure(
        &self,
        m: &MarketplaceId,
        buyer: BuyerKey,
        erasure: &Erasure,
    ) -> Result<(), StoreError> {
        let mut item = write(keys::erasure(m, buyer), erasure)?;
        item.insert("ttl".to_owned(), self.expires(erasure.at));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map(drop).map_err(unavailable("PutItem of an erasure"))
    }

    /// Whether a fact's buyer was erased after the fact, so that it must neither be stored nor acted on. A fact that
    /// has just occurred costs no request.
    pub async fn is_erased(
        &self,
        m: &MarketplaceId,
        buyer: BuyerKey,
        occurred_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if erasure::is_fresh(occurred_at, now) {
            return Ok(false);
        }
        let Some(item) = self.get(keys::erasure(m, buyer), now).await? else { return Ok(false) };
        Ok(read::<Erasure>(item, "an erasure")?.covers(occurred_at))
    }

    /// Deletes an event.
    pub async fn erase_event(&self, m: &MarketplaceId, id: &EventId) -> Result<(), StoreError> {
        self.erase(keys::event(m, id)).await
    }

    /// Deletes a job, and its place in the index.
    pub async fn erase_job(&self, m: &MarketplaceId, id: &JobId) -> Result<(), StoreError> {
        self.erase(keys::job(m, id)).await
    }

    /// Deletes the claim on an effect if it belongs to that buyer. Returns whether it did.
    pub async fn erase_claim(
        &self,
        m: &MarketplaceId,
        effect: EffectKey,
        buyer: BuyerKey,
    ) -> Result<bool, StoreError> {
        let key = keys::claim_of(m, effect);
        let Some(item) = self.get_latest(key.clone(), Timestamp::MIN).await? else { return Ok(false) };
        let claim: Claim = read(item, "a claim")?;
        if claim.holder.job.event.buyer != buyer {
            return Ok(false);
        }
        let request = self
            .delete_item(key)
            .condition_expression("#token = :token")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":token", S(claim.token));
        match request.send().await {
            Ok(_) => Ok(true),
            // Another job has taken the claim over.
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                Ok(false)
            }
            Err(error) => Err(unavailable("DeleteItem of a claim")(error)),
        }
    }

    async fn erase(&self, key: Key) -> Result<(), StoreError> {
        self.delete_item(key).send().await.map(drop).map_err(unavailable("DeleteItem of an erased item"))
    }
}
