//! Jobs: one item each, rewritten after every attempt; the Action Log.

use std::cmp::Reverse;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::ReturnValue;
use domain::app::App;
use domain::id::{IntegrationId, JobId, MarketplaceId, time_key};
use domain::job::Job;
use domain::log::JobRecord;
use futures::future::try_join_all;
use jiff::Timestamp;

use super::keys::{self, SHARDS};
use super::pauses::Resume;
use super::release::Release;
use super::{Item, Store, StoreError, read, text, unavailable, write};

/// Where a job is after an attempt, beside its record.
#[derive(Debug, Clone, Copy)]
pub enum Waiting<'a> {
    /// On its queue, or nowhere: it has ended.
    No,
    /// In the table until then; the sweeper puts it back on the queue.
    Until(Timestamp, &'a Job),
    /// In the table until its account is reconnected.
    ForReconnect(&'a Job),
    /// In the table until the operator resumes its app.
    ForResume(&'a Job),
}

/// A parked job that is due.
#[derive(Debug, Clone)]
pub struct Parked {
    /// The job.
    pub job: Job,
    /// Its place in the index, which says whether somebody else took it meanwhile.
    place: String,
}

/// Something in the table that is due.
#[derive(Debug, Clone)]
pub enum Due {
    /// A parked job.
    Job(Box<Parked>),
    /// An account whose held jobs are to be released.
    Release(Release),
    /// An app whose jobs are to go on after a pause.
    Resume(Resume),
}

impl Store {
    /// A job's record as it is now: the ledger's rulings rest on it.
    pub async fn job(
        &self,
        m: &MarketplaceId,
        id: &JobId,
        now: Timestamp,
    ) -> Result<Option<JobRecord>, StoreError> {
        self.get_latest(keys::job(m, id), now).await?.map(|item| read(item, "a job")).transpose()
    }

    /// Writes a job's record after an attempt. `before` is the token of the record that the attempt started from,
    /// blank where there was none or no attempt has marked it yet.
    ///
    /// `false`: the record was rewritten meanwhile, because this attempt outlived its lease; the other one counts.
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
        let listing = keys::actions_listing(&record.marketplace, &record.integration, shard);
        item.insert("gsi1pk".to_owned(), S(listing));
        item.insert("gsi1sk".to_owned(), S(key.sk.clone()));
        // It does not expire while it waits, nor soon after.
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
            let body = serde_json::to_string(job).map_err(|source| StoreError::Corrupt {
                pk: pk.clone(),
                sk: sk.clone(),
                what: "a job to park",
                source: source.into(),
            })?;
            item.insert("body".to_owned(), S(body));
            item.insert("gsi2pk".to_owned(), S(pk));
            item.insert("gsi2sk".to_owned(), S(sk));
        }
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let request = request
            .expression_attribute_names("#token", "token")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":before", S(before.to_owned()))
            .expression_attribute_values(":now", N(now.as_second().to_string()))
            // One that has expired was not read, so `before` cannot know its token.
            .condition_expression("attribute_not_exists(#token) OR #token = :before OR #ttl <= :now");
        match request.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                Ok(false)
            }
            Err(error) => Err(unavailable("PutItem of a job")(error)),
        }
    }

    /// The newest jobs of one account.
    pub async fn actions(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<JobRecord>, StoreError> {
        let shards =
            (0..SHARDS).map(|shard| self.newest(keys::actions_listing(m, integration, shard), limit, now));
        let found = try_join_all(shards).await?.into_iter().flatten();
        let mut jobs: Vec<JobRecord> = found.map(|item| read(item, "a job")).collect::<Result<_, _>>()?;
        jobs.sort_by_key(|job| Reverse(job.id));
        jobs.truncate(limit);
        Ok(jobs)
    }

    /// What one shard holds that is due, longest due first.
    pub async fn due(&self, shard: u8, limit: i32, now: Timestamp) -> Result<Vec<Due>, StoreError> {
        let request = self
            .query_index("due", keys::due(shard))
            .key_condition_expression("gsi2pk = :pk AND gsi2sk < :now")
            .expression_attribute_values(":now", S(time_key(now)))
            .limit(limit);
        let answer = request.send().await.map_err(unavailable("Query of what is due"))?;
        let read_one = |item: Item| {
            if item.contains_key("body") {
                parked(&item).map(Box::new).map(Due::Job)
            } else if item.contains_key("app") {
                read(item, "an app's resumption").map(Due::Resume)
            } else {
                read(item, "a release").map(Due::Release)
            }
        };
        answer.items.unwrap_or_default().into_iter().map(read_one).collect()
    }

    /// Over how many shards parked jobs are spread.
    pub fn due_shards() -> std::ops::Range<u8> {
        0..SHARDS
    }

    /// Held jobs of one account, oldest fact first.
    pub async fn held(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        limit: i32,
    ) -> Result<Vec<Parked>, StoreError> {
        self.waiting_under(keys::held(m, integration), limit).await
    }

    /// One shard of the jobs that wait for their app's pause to end, oldest fact first.
    pub async fn paused(&self, app: App, shard: u8, limit: i32) -> Result<Vec<Parked>, StoreError> {
        self.waiting_under(keys::paused(app, shard), limit).await
    }

    async fn waiting_under(&self, pk: String, limit: i32) -> Result<Vec<Parked>, StoreError> {
        let request = self.query_index("due", pk).limit(limit);
        let answer = request.send().await.map_err(unavailable("Query of held jobs"))?;
        answer.items.unwrap_or_default().iter().map(parked).collect()
    }

    /// Takes a parked job for release: it is due again at `again`, should whoever takes it not live to send it.
    /// `false`: somebody else took it.
    pub async fn take_parked(&self, parked: &Parked, again: Timestamp) -> Result<bool, StoreError> {
        let job = &parked.job;
        let key = keys::job(&job.marketplace, &job.id);
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            .update_expression("SET gsi2pk = :pk, gsi2sk = :again")
            .condition_expression("gsi2sk = :place")
            .expression_attribute_values(":pk", S(keys::due(job.id.event.fact.shard(SHARDS))))
            .expression_attribute_values(":again", S(keys::at(again, &job.id.to_string())))
            .expression_attribute_values(":place", S(parked.place.clone()));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                Ok(false)
            }
            Err(error) => Err(unavailable("UpdateItem of a parked job")(error)),
        }
    }
}

impl Store {
    /// Takes a job whose record says that it waits in the table for its next attempt, so that it is tried now. It is due
    /// again at `again`, should whoever takes it not live to send it. `None`: it waits on its queue, or somebody else has
    /// it.
    pub async fn hasten(
        &self,
        record: &JobRecord,
        now: Timestamp,
        again: Timestamp,
    ) -> Result<Option<Job>, StoreError> {
        let Some(next) = record.next_attempt else { return Ok(None) };
        let (key, id) = (keys::job(&record.marketplace, &record.id), record.id.to_string());
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            // Its record says so too: the ledger lets nobody run before the time that stands there.
            .update_expression("SET gsi2sk = :again, next_attempt = :now")
            .condition_expression("gsi2pk = :due AND gsi2sk = :place")
            .expression_attribute_values(":due", S(keys::due(record.id.event.fact.shard(SHARDS))))
            .expression_attribute_values(":place", S(keys::at(next, &id)))
            .expression_attribute_values(":again", S(keys::at(again, &id)))
            .expression_attribute_values(":now", S(now.to_string()))
            .return_values(ReturnValue::AllNew);
        match request.send().await {
            Ok(answer) => Ok(Some(parked(&answer.attributes.unwrap_or_default())?.job)),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                Ok(None)
            }
            Err(error) => Err(unavailable("UpdateItem of a job that waits")(error)),
        }
    }
}

fn parked(item: &Item) -> Result<Parked, StoreError> {
    let (pk, sk) = (text(item, "pk"), text(item, "sk"));
    let (place, body) = (text(item, "gsi2sk"), text(item, "body"));
    let job = serde_json::from_str(&body).map_err(|source| StoreError::Corrupt {
        pk,
        sk,
        what: "a parked job",
        source: source.into(),
    })?;
    Ok(Parked { job, place })
}
