//! The newest actions of a marketplace, in few requests.
//!
//! The actions are those that the verdicts of events name, and the exceptions. So the events are read a hundred at a
//! time, and then the actions, without a query for each event.

use std::collections::BTreeSet;
use std::pin::pin;

use domain::id::MarketplaceId;
use domain::log::JobRecord;
use domain::page::Position;
use futures::future::try_join;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::events::{NamedJobs, named_jobs};
use super::keys::{self, Key};
use super::pages::{Partitions, Span};
use super::whole::{MOST_KEYS, key_of};
use super::{Store, StoreError, is_expired, read, unavailable};

/// The number of requests for events that run concurrently. Each returns 16 MB at most.
const AT_ONCE: usize = 4;

/// The newest actions of a period.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recent {
    /// The actions, newest first.
    pub actions: Vec<JobRecord>,
    /// If not all actions of the period are among them, the time since which all are. `None`: all are.
    pub read_since: Option<Timestamp>,
    /// Older exceptions of the period, newest first.
    pub older_exceptions: Vec<JobRecord>,
}

/// Positions of actions.
struct Places {
    places: BTreeSet<Position>,
    /// The position up to which all are among them; `None`: the end of the period.
    reached: Option<Position>,
}

impl Store {
    /// The newest actions of a period that have started, at most `most`; twice as many events are read at most. Read
    /// with eventual consistency.
    pub async fn recent_actions(
        &self,
        m: &MarketplaceId,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        most: usize,
        now: Timestamp,
    ) -> Result<Recent, StoreError> {
        // One more than is returned shows whether there are more.
        let span = Span { since, until, after: None, limit: most + 1 };
        let (named, exceptions) =
            try_join(self.named_by_events(m, &span, now), self.exceptions(m, &span)).await?;
        let mut reached = named.reached.max(exceptions.reached);
        let mut all = named.places;
        all.extend(exceptions.places.iter().copied());
        let is_covered = |place: &&Position| reached.is_none_or(|reached| **place >= reached);
        let newest: Vec<Position> = all.iter().rev().take_while(is_covered).take(most + 1).copied().collect();
        if newest.len() > most {
            reached = newest.get(most.saturating_sub(1)).copied();
        }
        let covered: BTreeSet<Position> = newest.into_iter().take(most).collect();
        let older = exceptions.places.difference(&covered).copied();
        let keys = covered.iter().copied().chain(older).map(|place| keys::at_position(m, &place));
        let found = self.items(keys, false).await?;
        let mut recent = Recent { read_since: reached.map(|reached| reached.at), ..Recent::default() };
        for item in found.into_iter().filter(|item| !is_expired(item, now)) {
            let place = keys::place_of(&item)?;
            let job = read(item, "a job")?;
            let list =
                if covered.contains(&place) { &mut recent.actions } else { &mut recent.older_exceptions };
            list.push(job);
        }
        for list in [&mut recent.actions, &mut recent.older_exceptions] {
            list.sort_by_key(|job| std::cmp::Reverse(Position::of_job(&job.id)));
        }
        Ok(recent)
    }

    /// The actions that the verdicts of the newest events name.
    async fn named_by_events(
        &self,
        m: &MarketplaceId,
        span: &Span,
        now: Timestamp,
    ) -> Result<Places, StoreError> {
        let mut listing = self.events_listing(m, None, span);
        let mut entries = Vec::new();
        while let Some((place, entry)) = listing.next().await? {
            entries.push((place, key_of(&entry)));
        }
        let mut reached = if listing.is_over() { None } else { entries.last().map(|(last, _)| *last) };
        let mut places = BTreeSet::new();
        let chunks: Vec<_> = entries.chunks(MOST_KEYS).map(<[_]>::to_vec).collect();
        let chunks = stream::iter(chunks).map(|chunk: Vec<(Position, Key)>| async move {
            let last = chunk.last().map(|(last, _)| *last);
            let events = self.items(chunk.into_iter().map(|(_, key)| key), false).await?;
            Ok::<_, StoreError>((last, events))
        });
        let mut chunks = pin!(chunks.buffered(AT_ONCE));
        while let Some((last, events)) = chunks.try_next().await? {
            for event in events.into_iter().filter(|event| !is_expired(event, now)) {
                let key = key_of(&event);
                let NamedJobs { jobs, complete } = named_jobs(event)?;
                places.extend(jobs.iter().map(Position::of_job));
                if !complete {
                    places.extend(self.jobs_of(&key, span.limit).await?);
                }
            }
            if places.len() >= span.limit {
                reached = last;
                break;
            }
        }
        Ok(Places { places, reached })
    }

    /// The last jobs of an event without room for all verdicts.
    async fn jobs_of(&self, event: &Key, limit: usize) -> Result<Vec<Position>, StoreError> {
        let query = self
            .query_prefix(event.pk.clone(), &format!("{}#", event.sk))
            .projection_expression("pk, sk")
            .scan_index_forward(false);
        let mut jobs = query.into_paginator().items().send();
        let mut places = Vec::new();
        while places.len() < limit
            && let Some(job) = jobs.next().await
        {
            places.push(keys::place_of(&job.map_err(unavailable("Query of an event's jobs"))?)?);
        }
        Ok(places)
    }

    /// The newest exceptions.
    async fn exceptions(&self, m: &MarketplaceId, span: &Span) -> Result<Places, StoreError> {
        let mut listing = self.listing(Partitions::exceptions(m), span);
        let mut places = BTreeSet::new();
        while places.len() < span.limit
            && let Some((place, _)) = listing.next().await?
        {
            places.insert(place);
        }
        let is_over = places.len() < span.limit && listing.is_over();
        let reached = if is_over { None } else { places.first().copied() };
        Ok(Places { places, reached })
    }
}
