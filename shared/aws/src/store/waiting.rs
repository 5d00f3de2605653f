//! Items that wait in the table, in the index `due`: parked jobs, held jobs, and requests to the sweeper.
//!
//! The index contains no message bodies, so a page contains thousands of jobs, however large they are. The write that
//! takes a job returns its body from the job's item.
//!
//! Expired items that are not deleted yet are returned too: a job that can still be sent is not lost.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue::{B, S};
use aws_sdk_dynamodb::types::ReturnValue;
use domain::app::App;
use domain::id::{IntegrationId, JobId, MarketplaceId, time_key};
use domain::job::Job;
use domain::log::JobRecord;
use futures::stream::{self, Stream, StreamExt};
use jiff::{SignedDuration, Timestamp};

use super::keys::{self, SHARDS};
use super::requests::SweepRequest;
use super::{Index, Item, Store, StoreError, compact, condition_met, read, text, unavailable};

/// A job that is due within this time is not moved forward.
const SOON: SignedDuration = SignedDuration::from_secs(1);

/// A parked job.
#[derive(Debug, Clone)]
pub struct Parked {
    /// The job's marketplace.
    pub marketplace: MarketplaceId,
    /// The job.
    pub id: JobId,
    /// The job's app.
    pub app: App,
    /// Its key in the index, which shows whether another function has taken it in the meantime.
    place: String,
}

impl Parked {
    /// Orders jobs of all shards by their due time.
    pub fn due_order(&self) -> &str {
        &self.place
    }
}

/// A page of waiting items. An item that cannot be read is an error of its own, so that the items after it are still
/// processed.
pub type Found<T> = Vec<Result<T, StoreError>>;

impl Store {
    /// The parked jobs of one shard that are due, longest due first, by pages of `limit`.
    pub fn due(
        &self,
        shard: u8,
        limit: i32,
        now: Timestamp,
    ) -> impl Stream<Item = Result<Found<Parked>, StoreError>> + use<> {
        pages(self.due_under(keys::due(shard), now), limit, |item| parked(&item))
    }

    /// The requests to the sweeper that are due, longest due first, by pages of `limit`.
    pub fn requests(
        &self,
        limit: i32,
        now: Timestamp,
    ) -> impl Stream<Item = Result<Found<SweepRequest>, StoreError>> + use<> {
        pages(self.due_under(keys::REQUESTS.to_owned(), now), limit, |item| {
            if item.contains_key("app") {
                read(item, "an app's resumption").map(SweepRequest::Resume)
            } else {
                read(item, "a release").map(SweepRequest::Release)
            }
        })
    }

    fn due_under(&self, pk: String, now: Timestamp) -> QueryFluentBuilder {
        self.query_index(Index::Due, pk)
            .key_condition_expression("due_pk = :pk AND due_sk < :now")
            .expression_attribute_values(":now", S(time_key(now)))
    }

    /// The shards of parked jobs.
    pub fn due_shards() -> std::ops::Range<u8> {
        0..SHARDS
    }

    /// Held jobs of one account, oldest fact first, by pages of `limit`.
    pub fn held(
        &self,
        m: &MarketplaceId,
        integration: &IntegrationId,
        limit: i32,
    ) -> impl Stream<Item = Result<Found<Parked>, StoreError>> + use<> {
        pages(self.query_index(Index::Due, keys::held(m, integration)), limit, |item| parked(&item))
    }

    /// One shard of the jobs that wait for their app's pause to end, oldest fact first, by pages of `limit`.
    pub fn paused(
        &self,
        app: App,
        shard: u8,
        limit: i32,
    ) -> impl Stream<Item = Result<Found<Parked>, StoreError>> + use<> {
        pages(self.query_index(Index::Due, keys::paused(app, shard)), limit, |item| parked(&item))
    }

    /// Takes a parked job for release. The job is due again at `again`, in case the caller ends before it sends the
    /// job. `None`: another function took it.
    pub async fn take_parked(&self, parked: &Parked, again: Timestamp) -> Result<Option<Job>, StoreError> {
        let key = keys::job(&parked.marketplace, &parked.id);
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            .update_expression("SET due_pk = :pk, due_sk = :again")
            .condition_expression("due_sk = :place")
            .expression_attribute_values(":pk", S(keys::due(parked.id.event.fact.shard(SHARDS))))
            .expression_attribute_values(":again", S(keys::at(again, &parked.id.to_string())))
            .expression_attribute_values(":place", S(parked.place.clone()))
            .return_values(ReturnValue::AllNew);
        let taken = condition_met(request.send().await, "UpdateItem of a parked job")?;
        taken.map(|answer| body(&answer.attributes.unwrap_or_default())).transpose()
    }

    /// Takes a job that waits for its next attempt, so that it is retried now. The job is due again at `again`, in case
    /// the caller ends before it sends the job. A job that waits on its queue is in the index, too; its second message
    /// finds that the job has ended. `None`: the job does not wait, or its record has changed.
    pub async fn hasten(
        &self,
        record: &JobRecord,
        now: Timestamp,
        again: Timestamp,
    ) -> Result<Option<Job>, StoreError> {
        let Some(next) = record.next_attempt else { return Ok(None) };
        let (key, id) = (keys::job(&record.marketplace, &record.id), record.id.to_string());
        // A job that is due may be on its queue by now: then it has another key in the index.
        let (place, at) = if next.duration_since(now) > SOON {
            ("next_attempt = :next", next.to_string())
        } else {
            ("due_sk = :next", keys::at(next, &id))
        };
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("pk", S(key.pk))
            .key("sk", S(key.sk))
            // The record changes too: no attempt is admitted before the stored time.
            .update_expression("SET due_sk = :again, next_attempt = :now")
            .condition_expression(format!("due_pk = :due AND {place}"))
            .expression_attribute_values(":due", S(keys::due(record.id.event.fact.shard(SHARDS))))
            .expression_attribute_values(":next", S(at))
            .expression_attribute_values(":again", S(keys::at(again, &id)))
            .expression_attribute_values(":now", S(now.to_string()))
            .return_values(ReturnValue::AllNew);
        let taken = condition_met(request.send().await, "UpdateItem of a job that waits")?;
        taken.map(|answer| body(&answer.attributes.unwrap_or_default())).transpose()
    }
}

/// Yields the pages of a query. A page begins where the previous page ended, whichever items were taken since then.
fn pages<T>(
    query: QueryFluentBuilder,
    limit: i32,
    read: fn(Item) -> Result<T, StoreError>,
) -> impl Stream<Item = Result<Found<T>, StoreError>> {
    let pages = query.limit(limit).into_paginator().send();
    stream::unfold(pages, async |mut pages| pages.next().await.map(|page| (page, pages))).map(move |page| {
        let page = page.map_err(unavailable("Query of waiting items"))?;
        Ok(page.items.unwrap_or_default().into_iter().map(read).collect())
    })
}

/// A job as the index contains it.
fn parked(item: &Item) -> Result<Parked, StoreError> {
    let (pk, sk) = (text(item, "pk"), text(item, "sk"));
    let read = keys::read_job(&pk, &sk).map_err(Into::into);
    let read = read.and_then(|(marketplace, id)| {
        let app = serde_json::from_value(text(item, "app").into())?;
        Ok(Parked { marketplace, id, app, place: text(item, "due_sk") })
    });
    read.map_err(|source| StoreError::Corrupt { pk, sk, what: "a parked job", source })
}

/// A job's message: compressed, or as text in items of before messages were compressed.
fn body(item: &Item) -> Result<Job, StoreError> {
    let read = match item.get("body") {
        Some(B(packed)) => compact::unpack(packed).map_err(Into::into),
        Some(_) | None => Ok(text(item, "body")),
    };
    let read = read.and_then(|text| Ok(serde_json::from_str(&text)?));
    read.map_err(|source| StoreError::Corrupt {
        pk: text(item, "pk"),
        sk: text(item, "sk"),
        what: "a parked job's message",
        source,
    })
}
