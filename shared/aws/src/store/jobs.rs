//! Jobs: one item each, rewritten after every attempt; the Action Log.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue::{self, B, N, S};
use domain::id::{JobId, MarketplaceId};
use domain::job::Job;
use domain::log::JobRecord;
use jiff::Timestamp;

use super::keys::{self, Key, SHARDS};
use super::{Store, StoreError, compact, read, unavailable, write};

/// Where a job waits after an attempt, beside its record.
#[derive(Debug, Clone, Copy)]
pub enum Waiting<'a> {
    /// On its queue, or nowhere because it has ended.
    No,
    /// In the table until this time; the sweeper sends it to the queue again.
    Until(Timestamp, &'a Job),
    /// In the table until its account is reconnected.
    ForReconnect(&'a Job),
    /// In the table until the operator resumes its app.
    ForResume(&'a Job),
}

/// The message of a parked job as its item contains it: compressed, because every write of an item is billed by its size.
fn message(job: &Job) -> Result<AttributeValue, StoreError> {
    let packed = serde_json::to_string(job).map_err(Into::into);
    let packed = packed.and_then(|text| Ok(compact::pack(&text)?));
    let Key { pk, sk } = keys::job(&job.marketplace, &job.id);
    packed.map(B).map_err(|source| StoreError::Corrupt { pk, sk, what: "a job to park", source })
}

impl Store {
    /// A job's record, read with strong consistency: the ledger's rulings depend on it.
    pub async fn job(
        &self,
        m: &MarketplaceId,
        id: &JobId,
        now: Timestamp,
    ) -> Result<Option<JobRecord>, StoreError> {
        self.get_latest(keys::job(m, id), now).await?.map(|item| read(item, "a job")).transpose()
    }

    /// Writes a job's record after an attempt. `before` is the token of the record that the attempt started from, blank
    /// if there was no record or no attempt has marked it yet.
    ///
    /// `false`: another attempt has written the record since, because this attempt outlived its lease; the other one
    /// counts.
    pub async fn record_job(
        &self,
        record: &JobRecord,
        before: &str,
        waiting: Waiting<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = keys::job(&record.marketplace, &record.id);
        let mut item = write(key.clone(), record)?;
        let shard = record.id.event.fact.shard(SHARDS);
        if record.is_exception() {
            let listing = keys::exceptions_listing(&record.marketplace, shard);
            item.insert("listing_pk".to_owned(), S(listing));
            item.insert("listing_sk".to_owned(), S(key.sk));
        }
        // The item does not expire while the job waits, nor soon after.
        let counted_from = match waiting {
            Waiting::Until(due, _) => now.max(due),
            Waiting::No | Waiting::ForReconnect(_) | Waiting::ForResume(_) => now,
        };
        item.insert("ttl".to_owned(), self.expires(counted_from));
        let place = match waiting {
            Waiting::No => None,
            Waiting::Until(due, job) => Some((keys::due(shard), keys::at(due, &record.id.to_string()), job)),
            Waiting::ForReconnect(job) => {
                let place = keys::at(record.occurred_at, &record.id.to_string());
                Some((keys::held(&record.marketplace, &record.integration), place, job))
            }
            Waiting::ForResume(job) => {
                let place = keys::at(record.occurred_at, &record.id.to_string());
                Some((keys::paused(record.app, shard), place, job))
            }
        };
        if let Some((pk, sk, job)) = place {
            item.insert("body".to_owned(), message(job)?);
            item.insert("due_pk".to_owned(), S(pk));
            item.insert("due_sk".to_owned(), S(sk));
        }
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let request = request
            .expression_attribute_names("#token", "token")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":before", S(before.to_owned()))
            .expression_attribute_values(":now", N(now.as_second().to_string()))
            // An expired record was not read, so `before` cannot contain its token.
            .condition_expression("attribute_not_exists(#token) OR #token = :before OR #ttl <= :now");
        match request.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                Ok(false)
            }
            Err(error) => Err(unavailable("PutItem of a job")(error)),
        }
    }
}
