//! Tests of rules: each marketplace has at most one test that has not run yet.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::id::{JobId, MarketplaceId};
use domain::time;
use jiff::{SignedDuration, Timestamp};

use super::{Store, StoreError, keys, text, unavailable};

/// A test that has not run after this time does not block the next one.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// The result of beginning a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialBegun {
    /// It may run.
    Yes,
    /// The previous test of the marketplace has not run yet.
    Busy,
}

impl Store {
    /// Begins a test of a rule, whose first action is `job`. The previous test must have run once, whatever the result.
    pub async fn begin_trial(
        &self,
        m: &MarketplaceId,
        job: JobId,
        now: Timestamp,
    ) -> Result<TrialBegun, StoreError> {
        let Some(before) = self.put_trial(m, job, None, now).await? else { return Ok(TrialBegun::Yes) };
        let has_run = match before.parse() {
            Ok(before) => self.job(m, &before, now).await?.is_some(),
            Err(_) => true,
        };
        if !has_run {
            return Ok(TrialBegun::Busy);
        }
        // Of several requests that see the same test, one begins the next.
        let taken = self.put_trial(m, job, Some(&before), now).await?.is_none();
        Ok(if taken { TrialBegun::Yes } else { TrialBegun::Busy })
    }

    /// Stores a test unless another is stored, other than `over` and not too old. Returns the other one.
    async fn put_trial(
        &self,
        m: &MarketplaceId,
        job: JobId,
        over: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let key = keys::trial(m);
        let until = time::after(now, LEASE).as_second().to_string();
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", S(key.pk))
            .item("sk", S(key.sk))
            .item("job", S(job.to_string()))
            .item("ttl", N(until))
            .condition_expression("attribute_not_exists(pk) OR #ttl <= :now OR job = :over")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", N(now.as_second().to_string()))
            .expression_attribute_values(":over", S(over.unwrap_or_default().to_owned()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match request.send().await {
            Ok(_) => Ok(None),
            Err(SdkError::ServiceError(refused)) => match refused.into_err() {
                PutItemError::ConditionalCheckFailedException(failed) => {
                    Ok(Some(text(&failed.item.unwrap_or_default(), "job")))
                }
                error => {
                    let source = Box::new(error);
                    Err(StoreError::Unavailable { operation: "PutItem of a test", source })
                }
            },
            Err(error) => Err(unavailable("PutItem of a test")(error)),
        }
    }
}
