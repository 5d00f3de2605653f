//! Pages of the Action Log: of one account, of one buyer, of a whole marketplace.
//!
//! A job has one entry in the index `listing`, its account's. A marketplace's actions are found behind its events, which
//! have theirs: so a log of everything costs no write, and shows what was done in accounts that are deleted by now.

use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::id::{BuyerKey, IntegrationId, MarketplaceId};
use domain::log::{EventRecord, JobRecord};
use domain::page::{Page, Position};
use futures::future::try_join_all;
use jiff::Timestamp;

use super::events::read_event;
use super::keys::{self, END_OF_TIME, Key, SHARDS};
use super::pages::{MOST_READ, Partitions, Span};
use super::{Item, Store, StoreError, is_expired, read, unavailable};

/// Events whose jobs are asked for side by side.
const AT_ONCE: usize = 16;
/// Jobs of one event that are read at once; where it has more, the page ends behind them.
const JOBS_AT_ONCE: i32 = 25;

/// Whose actions are listed.
#[derive(Debug, Clone, Copy)]
pub enum Reach<'a> {
    /// Everybody's.
    Marketplace,
    /// Those in one account.
    Account(&'a IntegrationId),
    /// Those because of one buyer.
    Buyer(BuyerKey),
}

/// What a page of actions takes.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "functions have nothing to show")]
pub struct Takes<'a> {
    /// Only behind events that this takes; `None`: it is not asked.
    pub event: Option<&'a (dyn Fn(&EventRecord) -> bool + Send + Sync)>,
    /// Only actions that this takes.
    pub action: &'a (dyn Fn(&JobRecord) -> bool + Send + Sync),
}

impl Store {
    /// One page of actions.
    pub async fn actions_page(
        &self,
        m: &MarketplaceId,
        reach: Reach<'_>,
        span: &Span,
        takes: Takes<'_>,
        now: Timestamp,
    ) -> Result<Page<JobRecord>, StoreError> {
        let partitions = match (takes.event, reach) {
            (Some(_), Reach::Buyer(buyer)) => {
                return self.behind_buyers_events(m, buyer, span, takes, now).await;
            }
            (Some(_), Reach::Marketplace | Reach::Account(_)) | (None, Reach::Marketplace) => {
                return self.behind_events(m, span, takes, now).await;
            }
            (None, Reach::Account(account)) => Partitions::Listing(
                (0..SHARDS).map(|shard| keys::actions_listing(m, account, shard)).collect(),
            ),
            (None, Reach::Buyer(buyer)) => Partitions::Buyer(keys::buyer(m, buyer)),
        };
        let take = |place: Position, item| {
            let job = if place.part.is_some() { Some(read(item, "a job")?) } else { None };
            Ok(job.filter(takes.action))
        };
        self.listing(partitions, span).page(span, now, take).await
    }

    /// One page of the actions behind a marketplace's events.
    async fn behind_events(
        &self,
        m: &MarketplaceId,
        span: &Span,
        takes: Takes<'_>,
        now: Timestamp,
    ) -> Result<Page<JobRecord>, StoreError> {
        let mut events = self.events_listing(m, None, span);
        let mut page = Filling { items: Vec::new(), seen: span.after, limit: span.limit, now };
        let mut looked_at = 0;
        while looked_at < MOST_READ {
            let mut found = Vec::new();
            while found.len() < AT_ONCE.min((span.limit - page.items.len()).max(4))
                && let Some((place, item)) = events.next().await?
            {
                found.push((place, takes_event(takes, item, now)?));
            }
            if found.is_empty() {
                break;
            }
            let jobs = found.iter().map(async |(place, wanted)| {
                if *wanted { self.jobs_behind(m, place, span.after).await } else { Ok((Vec::new(), false)) }
            });
            for ((event, _), (jobs, more)) in found.iter().zip(try_join_all(jobs).await?) {
                looked_at += 1 + jobs.len();
                if page.fill(jobs, takes)? || more {
                    return Ok(Page { items: page.items, next: page.seen });
                }
                page.seen = Some(*event);
            }
        }
        Ok(Page { items: page.items, next: if events.is_over() { None } else { page.seen } })
    }

    /// An event's jobs, the last first, and whether there are more.
    async fn jobs_behind(
        &self,
        m: &MarketplaceId,
        event: &Position,
        after: Option<Position>,
    ) -> Result<(Vec<(Position, Item)>, bool), StoreError> {
        let Key { pk, sk } = keys::event(m, &event.event());
        let after = after.filter(|after| after.event() == event.event());
        let until = after.map_or(format!("{sk}#{END_OF_TIME}"), |after| keys::sort_key(&after));
        let request = self
            .query(pk.clone())
            .key_condition_expression("pk = :pk AND sk BETWEEN :since AND :until")
            .expression_attribute_values(":since", S(format!("{sk}#")))
            .expression_attribute_values(":until", S(until))
            .scan_index_forward(false)
            .limit(JOBS_AT_ONCE);
        let answer = request.send().await.map_err(unavailable("Query of an event's jobs"))?;
        let mut jobs = Vec::new();
        for item in answer.items.unwrap_or_default() {
            let place = keys::place_of(&item)?;
            if after.is_none_or(|after| place < after) {
                jobs.push((place, item));
            }
        }
        Ok((jobs, answer.last_evaluated_key.is_some()))
    }

    /// One page of the actions behind one buyer's events, which stand in one partition with them: each event right
    /// behind its jobs.
    async fn behind_buyers_events(
        &self,
        m: &MarketplaceId,
        buyer: BuyerKey,
        span: &Span,
        takes: Takes<'_>,
        now: Timestamp,
    ) -> Result<Page<JobRecord>, StoreError> {
        let mut all = self.events_listing(m, Some(buyer), span);
        let mut page = Filling { items: Vec::new(), seen: span.after, limit: span.limit, now };
        let mut jobs: Vec<(Position, Item)> = Vec::new();
        while let Some((place, item)) = all.next().await? {
            if jobs.first().is_some_and(|(job, _)| job.event() != place.event()) {
                // Their event is gone, so nobody can say that it is wanted.
                jobs.clear();
            }
            if place.part.is_some() {
                jobs.push((place, item));
                continue;
            }
            let jobs = std::mem::take(&mut jobs);
            if takes_event(takes, item, now)? && page.fill(jobs, takes)? {
                return Ok(Page { items: page.items, next: page.seen });
            }
            page.seen = Some(place);
        }
        if all.is_over() {
            return Ok(Page::end(page.items));
        }
        // The bound came between an event and its jobs.
        if let Some((last, _)) = jobs.last() {
            let last = *last;
            let event = self.get(keys::event(m, &last.event()), now).await?;
            let wanted = event.map(|item| takes_event(takes, item, now)).transpose()?.unwrap_or(false);
            if !(wanted && page.fill(jobs, takes)?) {
                page.seen = Some(last);
            }
        }
        Ok(Page { items: page.items, next: page.seen })
    }
}

/// A page that is being filled.
struct Filling {
    items: Vec<JobRecord>,
    /// How far was read.
    seen: Option<Position>,
    limit: usize,
    now: Timestamp,
}

impl Filling {
    /// Adds the jobs that are wanted, as long as there is room; whether the page is full now.
    fn fill(&mut self, jobs: Vec<(Position, Item)>, takes: Takes<'_>) -> Result<bool, StoreError> {
        for (place, item) in jobs {
            self.seen = Some(place);
            if is_expired(&item, self.now) {
                continue;
            }
            let job: JobRecord = read(item, "a job")?;
            if (takes.action)(&job) {
                self.items.push(job);
            }
            if self.items.len() == self.limit {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether the actions behind an event are wanted. Jobs live on when their event has expired, if they were tried later.
fn takes_event(takes: Takes<'_>, item: Item, now: Timestamp) -> Result<bool, StoreError> {
    let Some(takes) = takes.event else { return Ok(true) };
    Ok(!is_expired(&item, now) && takes(&read_event(item)?))
}
