//! The effect ledger: one conditional write claims an effect.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::effect::Claim;
use domain::job::Job;
use jiff::Timestamp;

use super::{Store, StoreError, if_met, is_expired, keys, read, unavailable, write};

/// What came of claiming an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It is ours until the lease ends.
    Ours,
    /// The effect has this claim; [`domain::effect::rule`] says what that means.
    Held(Claim),
}

impl Store {
    /// Claims the job's effect where nobody has, or where `over` still is the claim (which a ruling allowed to take).
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

    /// Ends the lease of the claim with that token, where the job's effect still has it.
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
        if_met(request.send().await, "UpdateItem of a claim").map(drop)
    }
}
