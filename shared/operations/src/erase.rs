//! Erasing what is stored of one buyer in one marketplace.
//!
//! A marker comes first, and outlasts the rest: whatever of the buyer still waits in a queue, in a schedule or with the
//! producer finds it there, and is neither done nor stored again. A fact, or an attempt, that was under way at that very
//! moment may still write what it had begun: the erasure is complete once that cannot be any more, and asking again
//! erases it.
//!
//! What it does not reach: queues' messages, which nobody can search and which go by themselves within 14 days; an action
//! for a gift's recipient, which is stored with the buyer who gave it; backups; and what the apps were told.

use aws::schedules::{ScheduleError, Schedules};
use aws::store::{Entry, Span, Store, StoreError};
use domain::erasure::Erasure;
use domain::id::{BuyerKey, MarketplaceId};
use domain::log::{EventRecord, JobRecord, Timer};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

/// As many items as one request erases; asking again goes on.
const MOST: usize = 500;
/// As many are read at once.
const PAGE: usize = 100;
/// As many are erased at once.
const CONCURRENCY: usize = 8;

/// An erasure that did not go through; asking again goes on.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The table did not answer.
    #[error("not everything is erased yet: ask again, it goes on")]
    Store(#[from] StoreError),
    /// A prospect's timer could not be ended.
    #[error("a prospect's timer still runs: ask again, it goes on")]
    Schedule(#[from] ScheduleError),
}

/// What one item took with it.
enum Gone {
    Event(Box<EventRecord>, u64),
    Action(Box<JobRecord>, u64),
}

/// Erases a buyer, and gives what is known of it then: `complete`, or to be asked for again.
pub async fn erase(
    store: &Store,
    schedules: &Schedules,
    m: &MarketplaceId,
    email: &str,
    now: Timestamp,
) -> Result<Erasure, EraseError> {
    let buyer = BuyerKey::of_email(email);
    let mut erasure = Erasure::begin(store.erasure(m, buyer, now).await?, now);
    store.save_erasure(m, buyer, &erasure).await?;
    let mut span = Span { since: None, until: None, after: None, limit: PAGE };
    for _ in 0..MOST / PAGE {
        // What has expired and is still there goes too.
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
    store.save_erasure(m, buyer, &erasure).await?;
    Ok(erasure)
}

/// Erases an item after what can be found through it alone.
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
