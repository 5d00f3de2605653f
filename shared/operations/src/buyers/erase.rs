//! Erasure of the stored data of a buyer in a marketplace.
//!
//! A marker is stored first, and kept after the erasure. Whatever of the buyer still waits in a queue, in a schedule or
//! with the producer meets the marker, and is neither performed nor stored again. A fact or an attempt that was being
//! processed at that moment may still write data. The erasure is complete when this is no longer possible, at least two
//! minutes after the request; a repeated request erases such data.
//!
//! An erasure does not reach: messages in queues, which cannot be searched and expire within 14 days; an action for a
//! gift's recipient, which is stored with the buyer who gave it; backups; and data that was sent to apps.

use aws::schedules::{ScheduleError, Schedules};
use aws::store::{Entry, Span, Store, StoreError};
use domain::erasure::Erasure;
use domain::id::{BuyerKey, MarketplaceId, time_key};
use domain::log::{ConfigEntry, ConfigKind, EventRecord, JobRecord, Timer};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use runtime::clock;
use serde_json::json;

use super::Buyers;

/// The maximum number of items that one request erases. A repeated request continues.
const MOST: usize = 500;
/// The number of items per read.
const PAGE: usize = 100;
/// The number of items that are erased at the same time.
const CONCURRENCY: usize = 8;

/// The reason why an erasure failed. A repeated request continues it.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// DynamoDB did not respond.
    #[error("the erasure is not complete: repeat it to continue")]
    Store(#[from] StoreError),
    /// A prospect's timer could not be deleted.
    #[error("a prospect's timer cannot be deleted: repeat the erasure to continue")]
    Schedule(#[from] ScheduleError),
}

/// The kind of an erased item.
enum Gone {
    Event(Box<EventRecord>, u64),
    Action(Box<JobRecord>, u64),
}

impl Buyers<'_> {
    /// Erases a buyer's data. If the result is not `complete`, the request must be repeated.
    pub async fn erase(
        &self,
        m: &MarketplaceId,
        buyer: BuyerKey,
        now: Timestamp,
    ) -> Result<Erasure, EraseError> {
        let (store, schedules) = (&self.0.store, &self.0.services.schedules);
        let before = store.erasure(m, buyer, now).await?;
        let is_new = before.as_ref().is_none_or(|before| before.complete);
        let id = format!("era_{}{}", time_key(now), &clock::unique()[..14]);
        let mut erasure = Erasure::begin(before, id, now);
        if is_new {
            let message = "Erasure of a buyer started.".to_owned();
            let entry = ConfigEntry::new(ConfigKind::Erasure, &erasure.id, "Erase Buyer", message, now);
            store.log_config(m, &entry).await?;
        }
        store.save_erasure(m, buyer, &erasure).await?;
        let mut span = Span { since: None, until: None, after: None, limit: PAGE };
        for _ in 0..MOST / PAGE {
            // Items that have expired and are not deleted yet are erased too.
            let page = store.timeline_page(m, buyer, &span, Timestamp::MIN).await?;
            let gone = stream::iter(page.items).map(|entry| erase_one(store, schedules, m, buyer, entry));
            let gone: Vec<Gone> = gone.buffer_unordered(CONCURRENCY).try_collect().await?;
            for gone in gone {
                match gone {
                    Gone::Event(event, timers) => {
                        erasure.count_event(&event, now);
                        erasure.erased.timers += timers;
                    }
                    Gone::Action(action, claims) => {
                        erasure.count_action(&action, now);
                        erasure.erased.claims += claims;
                    }
                }
            }
            span.after = page.next;
            if span.after.is_none() {
                erasure.end(now);
                break;
            }
            store.save_erasure(m, buyer, &erasure).await?;
        }
        if erasure.complete {
            let message = "Erasure of a buyer completed.".to_owned();
            // Entries with the same time are sorted by their action, so "Finish Erasure" follows "Erase Buyer".
            let entry = ConfigEntry::new(ConfigKind::Erasure, &erasure.id, "Finish Erasure", message, now);
            store.log_config(m, &entry.change(None, Some(json!(erasure.erased)))).await?;
        }
        store.save_erasure(m, buyer, &erasure).await?;
        Ok(erasure)
    }
}

/// Erases an item, after the data that can be found only through it.
async fn erase_one(
    store: &Store,
    schedules: &Schedules,
    m: &MarketplaceId,
    buyer: BuyerKey,
    entry: Entry,
) -> Result<Gone, EraseError> {
    match entry {
        Entry::Event(event) => {
            let timers = match &event.timer {
                Some(Timer::Waiting { name, .. } | Timer::Joined { name, .. }) => {
                    u64::from(schedules.cancel(name).await?)
                }
                Some(Timer::Fired { .. } | Timer::Bought { .. }) | None => 0,
            };
            store.erase_event(m, &event.id).await?;
            Ok(Gone::Event(event, timers))
        }
        Entry::Action(action) => {
            let claims = match action.effect {
                Some(effect) => u64::from(store.erase_claim(m, effect, buyer).await?),
                None => 0,
            };
            store.erase_job(m, &action.id).await?;
            Ok(Gone::Action(action, claims))
        }
    }
}
