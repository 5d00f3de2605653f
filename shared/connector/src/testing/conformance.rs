//! The behavior of every store of jobs and accounts: checked for the in-memory twin here, and for the table end to end.

use std::pin::pin;
use std::time::Duration;

use aws::store::{Claimed, Refusal, Store, StoreError, Streak};
use domain::admission::{Circumstances, Conclusion, Place, Until, Wait, after};
use domain::effect::Claim;
use domain::integration::{Ciphertext, Connection, Health, Integration};
use domain::job::Job;
use domain::log::Status;
use domain::outcome::{Outcome, Reason};
use domain::retry::Schedule;
use domain::time;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};

use super::memory::Memory;
use crate::account_store::AccountStore;
use crate::jobs::Jobs;

/// A store of jobs whose due jobs can be taken.
pub trait Due: Jobs {
    /// Takes the job as the sweeper would at that time, and returns its message; the job is due again at `again`.
    fn take_due(
        &self,
        job: &Job,
        at: Timestamp,
        again: Timestamp,
    ) -> impl Future<Output = Result<Option<Job>, StoreError>>;
}

impl Due for Memory {
    async fn take_due(&self, job: &Job, at: Timestamp, again: Timestamp) -> Result<Option<Job>, StoreError> {
        let is_due = |parked: &Job, place| match place {
            Place::Queue { lost_at: due, .. } | Place::Table(due) => parked.id == job.id && due <= at,
            Place::Nowhere | Place::Reconnect | Place::Resume => false,
        };
        Ok(self.take(is_due, again).pop())
    }
}

impl Due for Store {
    async fn take_due(&self, job: &Job, at: Timestamp, again: Timestamp) -> Result<Option<Job>, StoreError> {
        for shard in Store::due_shards() {
            let mut pages = pin!(self.due(shard, 100, at));
            while let Some(page) = pages.try_next().await? {
                if let Some(parked) = page.iter().flatten().find(|parked| parked.id == job.id) {
                    return self.take_parked(parked, again).await;
                }
            }
        }
        Ok(None)
    }
}

/// Checks the behavior that deliveries rely on. The store must not contain `job`.
///
/// # Errors
/// The store failed.
///
/// # Panics
/// The store behaves differently.
pub async fn holds(store: &impl Due, job: &Job, now: Timestamp) -> Result<(), StoreError> {
    claims(store, job, now).await?;
    records(store, job, now).await
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    time::after(now, SignedDuration::from_secs(seconds))
}

async fn claims(store: &impl Due, job: &Job, now: Timestamp) -> Result<(), StoreError> {
    let claim = |token: &str| Claim::new(job.contender(), token.to_owned(), later(now, 60));
    let held = |claim: &Claim| Claimed::Held(Box::new(claim.clone()));
    let (first, second, third) = (claim("first"), claim("second"), claim("third"));
    assert_eq!(store.claim_of(job, now).await?, None);
    assert_eq!(store.claim(job, &first, None, now).await?, Claimed::Ours);
    assert_eq!(store.claim(job, &second, None, now).await?, held(&first), "the first claim holds");
    assert_eq!(store.claim(job, &second, Some(&first), now).await?, Claimed::Ours, "it can be taken over");
    assert_eq!(
        store.claim(job, &third, Some(&first), now).await?,
        held(&second),
        "only the claim that the ruling was about is taken over"
    );
    store.release(job, "first", now).await?;
    assert_eq!(store.claim(job, &third, None, now).await?, held(&second), "another job's claim is kept");
    store.release(job, "second", now).await?;
    let released = Claim { leased_until: now, ..second };
    assert_eq!(store.claim(job, &third, None, now).await?, held(&released), "its lease has ended");
    assert_eq!(
        store.claim_of(job, now).await?,
        Some(released),
        "a read returns what a refused claim returns"
    );
    Ok(())
}

async fn records(store: &impl Due, job: &Job, now: Timestamp) -> Result<(), StoreError> {
    let schedule = Schedule::default();
    let written = |conclusion, token, receives| {
        let (before, token, note, jitter, schedule) = (None, Some(token), None, 0.5, &schedule);
        after(conclusion, &Circumstances { job, before, token, note, schedule, jitter, receives, now })
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
    assert_eq!(read.as_ref(), Some(&on_queue.record), "the record is read as it was written");
    let taken = async |at, again| store.take_due(job, later(now, at), later(now, again)).await;
    let message = Some(Job { resumed: true, ..job.clone() });
    assert_eq!(taken(890, 0).await?, None, "its message is on the queue");
    assert_eq!(
        taken(910, 2000).await?,
        message,
        "its message is lost, and the next message says that the job has waited"
    );
    assert_eq!(taken(1990, 0).await?, None, "the job was taken");
    assert_eq!(taken(2010, 3000).await?, message, "the job is due again if it was taken and not sent");

    let in_table = waits(300, 1, "two");
    assert_eq!(in_table.place, Place::Table(later(now, 300)));
    assert!(!store.write(job, &in_table, "", now).await?, "another attempt wrote");
    assert_eq!(
        store.record(&job.marketplace, &job.id, now).await?,
        read,
        "the record of the other attempt is kept"
    );
    assert!(store.write(job, &in_table, "one", now).await?);
    assert_eq!(taken(290, 0).await?, None);
    assert_eq!(taken(310, 400).await?, message);

    let ended = written(Conclusion::Called(Outcome::DONE), "three", 1);
    assert!(store.write(job, &ended, "two", now).await?);
    assert_eq!(taken(100_000, 0).await?, None, "a job that has ended is not due");
    Ok(())
}

/// Checks the behavior that circuit breakers, rate limits and holds rely on. The store must contain `account`, without
/// failures.
///
/// # Errors
/// The store failed.
///
/// # Panics
/// The store behaves differently.
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub async fn keeps_accounts(
    store: &impl AccountStore,
    account: &Integration,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (m, id, lease) = (&account.marketplace, &account.id, Duration::from_mins(1));
    let stored = async || store.account(m, id, now).await.map(|found| found.expect("an account"));
    let fail = |streak, known| store.record_failure(known, streak, now);
    let other = Integration { credentials: Ciphertext("other".to_owned()), ..account.clone() };

    for _ in 0..8 {
        assert_eq!(fail(Streak::GoesOn, account).await?, None);
    }
    assert_eq!(fail(Streak::GoesOn, &other).await?, None, "other credentials have failures of their own");
    assert_eq!(fail(Streak::Begins, account).await?, None, "the count begins again");
    assert_eq!(stored().await?.health.failures, 1);
    for _ in 0..8 {
        assert_eq!(fail(Streak::GoesOn, account).await?, None);
    }
    let opened = Some(later(now, 30));
    assert_eq!(fail(Streak::GoesOn, account).await?, opened, "the tenth failure opens the circuit breaker");
    assert_eq!(fail(Streak::GoesOn, account).await?, None, "it is open already");
    assert_eq!(fail(Streak::Begins, account).await?, None, "only the probe closes it");
    let open = stored().await?;
    assert_eq!((open.health.failures, open.health.pauses, open.health.open_until), (11, 1, opened));

    assert_eq!(store.take_probe(account, lease, now).await?, None, "it was closed when that call began");
    let probe = store.take_probe(&open, lease, now).await?.expect("the probe");
    assert_eq!((probe.probing, probe.open_until), (true, Some(later(now, 60))));
    assert_eq!(store.take_probe(&open, lease, now).await?, None, "another call took it");
    let probing = stored().await?;
    assert_eq!(
        fail(Streak::GoesOn, &probing).await?,
        Some(later(now, 60)),
        "a second pause takes twice as long"
    );
    store.record_success(&other).await?;
    assert!(!stored().await?.health.is_good(), "the answer was to other credentials");
    store.record_success(&probing).await?;
    assert_eq!(stored().await?.health, Health::default());

    for (seconds, stands) in [(60, 60), (30, 60), (90, 90)] {
        store.record_limit(account, later(now, seconds)).await?;
        assert_eq!(stored().await?.health.not_before, Some(later(now, stands)), "the latest time stays");
    }

    let reason = Reason::new("The key is not valid.");
    assert_eq!(store.mark_needs_reconnect(&other, &reason, now).await?, Refusal::Outdated);
    assert_eq!(stored().await?.connection, Connection::Connected);
    assert_eq!(store.mark_needs_reconnect(account, &reason, now).await?, Refusal::First);
    assert_eq!(store.mark_needs_reconnect(account, &reason, now).await?, Refusal::Known);
    assert_eq!(stored().await?.connection, Connection::NeedsReconnect { since: now, reason });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, account, job};

    #[tokio::test]
    async fn the_twin_in_memory_does_what_the_table_does() {
        let job = job(domain::app::App::WEBHOOK, "send", serde_json::json!({}));
        holds(&Memory::default(), &job, NOW).await.unwrap();
    }

    #[tokio::test]
    async fn the_twin_of_accounts_in_memory_does_what_the_table_does() {
        let (memory, account) = (Memory::default(), account(domain::app::App::KIT, "v4_api_key"));
        memory.save(account.clone());
        keeps_accounts(&memory, &account, NOW).await.unwrap();
    }
}
