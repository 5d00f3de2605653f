//! Pages of the Action Log: of one buyer, of a whole marketplace, of exceptions only.
//!
//! Only exceptions have an entry in the index `listing`. All other actions are found through their events, which have
//! entries of their own. So an action that succeeds costs no write to the index, and a log includes the actions of
//! deleted accounts.

use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::id::{BuyerKey, MarketplaceId};
use domain::log::{EventRecord, JobRecord};
use domain::page::{Page, Position};
use futures::future::try_join_all;
use jiff::Timestamp;

use super::events::read_event;
use super::keys::{self, END_OF_TIME, Key};
use super::pages::{MOST_READ, Partitions, Span};
use super::{Item, Store, StoreError, is_expired, read, unavailable};

/// The number of events whose jobs are queried concurrently.
const AT_ONCE: usize = 16;
/// The number of events that are read at once to filter them.
const FILTERED_AT_ONCE: usize = 64;
/// The number of one event's jobs that are read at once; if it has more, the page ends after them.
const JOBS_AT_ONCE: i32 = 25;

/// Which actions are listed.
#[derive(Debug, Clone, Copy)]
pub enum Reach {
    /// All actions of the marketplace.
    Marketplace,
    /// The actions of the marketplace that are [exceptions](JobRecord::is_exception).
    Exceptions,
    /// The actions for one buyer.
    Buyer(BuyerKey),
}

/// The filters of a page of actions.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "functions have nothing to show")]
pub struct Takes<'a> {
    /// Only actions of events for which this returns true; `None`: no filter.
    pub event: Option<&'a (dyn Fn(&EventRecord) -> bool + Send + Sync)>,
    /// Only actions for which this returns true.
    pub action: &'a (dyn Fn(&JobRecord) -> bool + Send + Sync),
}

impl Store {
    /// One page of actions.
    pub async fn actions_page(
        &self,
        m: &MarketplaceId,
        reach: Reach,
        span: &Span,
        takes: Takes<'_>,
        now: Timestamp,
    ) -> Result<Page<JobRecord>, StoreError> {
        let partitions = match (takes.event, reach) {
            (Some(_), Reach::Buyer(buyer)) => {
                return self.behind_buyers_events(m, buyer, span, takes, now).await;
            }
            (Some(_), Reach::Marketplace | Reach::Exceptions) | (None, Reach::Marketplace) => {
                return self.behind_events(m, span, takes, now).await;
            }
            (None, Reach::Exceptions) => Partitions::exceptions(m),
            (None, Reach::Buyer(buyer)) => Partitions::Buyer(keys::buyer(m, buyer)),
        };
        let take = |place: Position, item| {
            let job = if place.part.is_some() { Some(read(item, "a job")?) } else { None };
            Ok(job.filter(takes.action))
        };
        self.listing(partitions, span).page(span, now, take).await
    }

    /// One page of the actions that belong to a marketplace's events.
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
            if takes.event.is_none() {
                let count = AT_ONCE.min((span.limit - page.items.len()).max(4));
                while found.len() < count
                    && let Some((place, _)) = events.next().await?
                {
                    found.push((place, true));
                }
            } else {
                for (place, item) in events.next_whole(FILTERED_AT_ONCE).await? {
                    let wanted = item.map(|item| takes_event(takes, item, now)).transpose()?;
                    found.push((place, wanted.unwrap_or(false)));
                }
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

    /// One page of the actions that belong to one buyer's events. Events and jobs share a partition: each event follows
    /// its jobs.
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
                // The event of these jobs is deleted, so the filter cannot be applied to it.
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
        // The limit was reached between an event and its jobs.
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
    /// The position up to which items were read.
    seen: Option<Position>,
    limit: usize,
    now: Timestamp,
}

impl Filling {
    /// Adds the jobs that match the filter, as long as there is room. Returns whether the page is full.
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

/// Whether the actions of an event match the filter. A job that was retried later expires after its event.
fn takes_event(takes: Takes<'_>, item: Item, now: Timestamp) -> Result<bool, StoreError> {
    let Some(takes) = takes.event else { return Ok(true) };
    Ok(!is_expired(&item, now) && takes(&read_event(item)?))
}
