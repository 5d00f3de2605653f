//! The effect ledger: one conditional write claims an effect.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::{
    ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::effect::Claim;
use domain::id::{EffectKey, MarketplaceId};
use domain::job::Job;
use domain::log::{ConfigEntry, JobRecord};
use jiff::Timestamp;
use serde_json::json;

use super::transaction::Cancelled;
use super::{Store, StoreError, condition_met, is_expired, keys, read, unavailable, write};

/// The result of claiming an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The effect is claimed by the caller until the lease ends.
    Ours,
    /// The effect has this claim; [`domain::effect::rule`] decides how it is handled.
    Held(Box<Claim>),
}

impl Store {
    /// The last claim of an effect, if any.
    pub async fn claim_of(
        &self,
        m: &MarketplaceId,
        effect: EffectKey,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let found = self.get_latest(keys::claim_of(m, effect), now).await?;
        found.map(|item| read(item, "a claim")).transpose()
    }

    /// Ends a waiting job, if its record still is `before` and its effect's claim still is `claim`: no attempt of it
    /// has begun since. `false`: an attempt has begun, or the record was written.
    pub async fn cancel_job(
        &self,
        before: &JobRecord,
        canceled: &JobRecord,
        claim: Option<&Claim>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = keys::job(&before.marketplace, &before.id);
        let mut item = write(key.clone(), canceled)?;
        let mut value = |name: &str| item.remove(name).unwrap_or_else(|| S(String::new()));
        let update = Update::builder()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            .update_expression(
                "SET #status = :status, #reason = :reason, updated_at = :at, #history = :history, #token = :token \
                 REMOVE next_attempt, #body, due_pk, due_sk",
            )
            .condition_expression("#status = :was AND updated_at = :before")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#reason", "reason")
            .expression_attribute_names("#history", "history")
            .expression_attribute_names("#body", "body")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":token", value("token"))
            .expression_attribute_values(":status", value("status"))
            .expression_attribute_values(":reason", value("reason"))
            .expression_attribute_values(":at", value("updated_at"))
            .expression_attribute_values(":history", value("history"))
            .expression_attribute_values(":was", S(before.status.key().to_owned()))
            .expression_attribute_values(":before", S(before.updated_at.to_string()));
        let update = update.build().map_err(incomplete)?;
        let mut writes = vec![TransactWriteItem::builder().update(update).build()];
        if let Some(effect) = before.effect {
            let key = keys::claim_of(&before.marketplace, effect);
            let check = ConditionCheck::builder()
                .table_name(&self.table)
                .key("pk", S(key.pk))
                .key("sk", S(key.sk))
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":now", N(now.as_second().to_string()));
            let check = match claim {
                None => check.condition_expression("attribute_not_exists(pk) OR #ttl <= :now"),
                Some(claim) => check
                    .condition_expression("#token = :token OR #ttl <= :now")
                    .expression_attribute_names("#token", "token")
                    .expression_attribute_values(":token", S(claim.token.clone())),
            };
            let check = check.build().map_err(incomplete)?;
            writes.push(TransactWriteItem::builder().condition_check(check).build());
        }
        let entry = ConfigEntry::of_action(before.id, "Cancel Action", "Action canceled.", now);
        let status = |record: &JobRecord| Some(json!({ "status": record.status }));
        let entry = entry.change(status(before), status(canceled));
        writes.push(self.put(self.config_entry(&before.marketplace, &entry)?));
        match self.transact(writes).await {
            Ok(()) => Ok(true),
            Err(Cancelled::Unmet(_)) => Ok(false),
            Err(Cancelled::Store(error)) => Err(error),
        }
    }

    /// Claims the job's effect if it has no claim, or if its claim still is `over`, which a ruling allowed to take
    /// over.
    pub async fn claim(
        &self,
        job: &Job,
        claim: &Claim,
        over: Option<&Claim>,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        let mut item = write(keys::claim(&job.marketplace, &job.effect), claim)?;
        item.insert("ttl".to_owned(), self.expires(now));
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_values(":now", N(now.as_second().to_string()))
            .expression_attribute_names("#ttl", "ttl");
        let request = match over {
            None => request.condition_expression("attribute_not_exists(pk) OR #ttl <= :now"),
            Some(over) => request
                .condition_expression("attribute_not_exists(pk) OR #ttl <= :now OR #token = :token")
                .expression_attribute_names("#token", "token")
                .expression_attribute_values(":token", S(over.token.clone())),
        };
        match request.send().await {
            Ok(_) => Ok(Claimed::Ours),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                let PutItemError::ConditionalCheckFailedException(failed) = refused.into_err() else {
                    unreachable!("matched above")
                };
                let item = failed.item.filter(|item| !is_expired(item, now)).unwrap_or_default();
                Ok(Claimed::Held(read(item, "a claim")?))
            }
            Err(error) => Err(unavailable("PutItem of a claim")(error)),
        }
    }

    /// Ends the lease of the claim with this token, if it still is the claim of the job's effect.
    pub async fn release_claim(&self, job: &Job, token: &str, now: Timestamp) -> Result<(), StoreError> {
        let key = keys::claim(&job.marketplace, &job.effect);
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            .update_expression("SET leased_until = :now")
            .condition_expression("#token = :token")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":token", S(token.to_owned()))
            .expression_attribute_values(":now", S(now.to_string()));
        condition_met(request.send().await, "UpdateItem of a claim").map(drop)
    }
}

fn incomplete(error: BuildError) -> StoreError {
    StoreError::Unavailable { operation: "TransactWriteItems", source: Box::new(error) }
}
