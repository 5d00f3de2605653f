//! What every store of jobs must do: run against the twin in memory here, and against the table end to end.

use std::pin::pin;
use std::time::Duration;

use aws::store::{Claimed, Store, StoreError};
use domain::admission::{Conclusion, Place, Until, Wait, after};
use domain::effect::Claim;
use domain::job::Job;
use domain::log::Status;
use domain::outcome::{Outcome, Reason};
use domain::retry::Schedule;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};

use super::memory::Memory;
use crate::jobs::Jobs;

/// A store of jobs that says which are due.
pub trait Due: Jobs {
    /// Whether the sweeper would find the job then.
    fn is_due(&self, job: &Job, at: Timestamp) -> impl Future<Output = Result<bool, StoreError>>;
}

impl Due for Memory {
    async fn is_due(&self, job: &Job, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.stands(&job.marketplace, &job.id).is_some_and(|(_, place)| match place {
            Place::Queue { lost_at: due, .. } | Place::Table(due) => due <= at,
            Place::Nowhere | Place::Reconnect | Place::Resume => false,
        }))
    }
}

impl Due for Store {
    async fn is_due(&self, job: &Job, at: Timestamp) -> Result<bool, StoreError> {
        for shard in Store::due_shards() {
            let mut pages = pin!(self.due(shard, 100, at));
            while let Some(page) = pages.try_next().await? {
                if page.iter().flatten().any(|parked| parked.id == job.id) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// Holds a store to what the flow relies on. `job` is one that it does not know.
///
/// # Errors
/// The store did not answer.
///
/// # Panics
/// It does something else.
pub async fn holds(store: &impl Due, job: &Job, now: Timestamp) -> Result<(), StoreError> {
    claims(store, job, now).await?;
    records(store, job, now).await
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

async fn claims(store: &impl Due, job: &Job, now: Timestamp) -> Result<(), StoreError> {
    let claim = |token: &str| Claim::new(job.contender(), token.to_owned(), later(now, 60));
    let held = |claim: &Claim| Claimed::Held(Box::new(claim.clone()));
    let (first, second, third) = (claim("first"), claim("second"), claim("third"));
    assert_eq!(store.claim(job, &first, None, now).await?, Claimed::Ours);
    assert_eq!(store.claim(job, &second, None, now).await?, held(&first), "one has it");
    assert_eq!(store.claim(job, &second, Some(&first), now).await?, Claimed::Ours, "it can be taken over");
    assert_eq!(
        store.claim(job, &third, Some(&first), now).await?,
        held(&second),
        "and only the claim that the ruling was about"
    );
    store.release(job, "first", now).await?;
    assert_eq!(store.claim(job, &third, None, now).await?, held(&second), "another's stays");
    store.release(job, "second", now).await?;
    let released = Claim { leased_until: now, ..second };
    assert_eq!(store.claim(job, &third, None, now).await?, held(&released), "its lease has ended");
    Ok(())
}

async fn records(store: &impl Due, job: &Job, now: Timestamp) -> Result<(), StoreError> {
    let schedule = Schedule::default();
    let written = |conclusion, token, receives| {
        let (before, jitter) = (None, 0.5);
        let note = None;
        after(
            conclusion,
            &domain::admission::Attempt {
                job,
                before,
                token: Some(token),
                note,
                schedule: &schedule,
                jitter,
                receives,
                now,
            },
        )
    };
    let waits = |seconds, receives, token| {
        let (status, reason) = (Status::Retrying, Reason::new("It waits."));
        let until = Until::Time(later(now, seconds));
        written(Conclusion::Waits(Wait { until, status, reason }), token, receives)
    };
    assert_eq!(store.record(&job.marketplace, &job.id, now).await?, None);

    let on_queue = waits(5, 1, "one");
    let Place::Queue { wait, lost_at } = on_queue.place else { panic!("{on_queue:?}") };
    assert_eq!((wait, lost_at), (Duration::from_secs(5), later(now, 905)));
    assert!(store.write(job, &on_queue, "", now).await?);
    let read = store.record(&job.marketplace, &job.id, now).await?;
    assert_eq!(read.as_ref(), Some(&on_queue.record), "it reads as it was written");
    assert!(!store.is_due(job, later(now, 890)).await?, "its message is on the queue");
    assert!(store.is_due(job, later(now, 910)).await?, "its message is lost");

    let in_table = waits(300, 1, "two");
    assert_eq!(in_table.place, Place::Table(later(now, 300)));
    assert!(!store.write(job, &in_table, "", now).await?, "another attempt wrote");
    assert_eq!(store.record(&job.marketplace, &job.id, now).await?, read, "and its record stands");
    assert!(store.write(job, &in_table, "one", now).await?);
    assert!(!store.is_due(job, later(now, 290)).await?);
    assert!(store.is_due(job, later(now, 310)).await?);

    let ended = written(Conclusion::Called(Outcome::DONE), "three", 1);
    assert!(store.write(job, &ended, "two", now).await?);
    assert!(!store.is_due(job, later(now, 100_000)).await?, "what has ended is not due");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, job};

    #[tokio::test]
    async fn the_twin_in_memory_does_what_the_table_does() {
        let job = job(domain::app::App::Webhook, "send", serde_json::json!({}));
        holds(&Memory::default(), &job, NOW).await.unwrap();
    }
}
