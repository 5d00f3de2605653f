//! Trying one action again: one that has ended, was never started or is lost is sent once more, and one that waits for its
//! next attempt is tried now.

use aws::queue::Queues;
use aws::store::Store;
use domain::id::{JobId, MarketplaceId};
use domain::log::{JobRecord, RESENT_AFTER, Status};
use domain::outcome::Reason;
use domain::run::RunId;
use domain::time;
use jiff::Timestamp;

use crate::replay::{self, ReplayError, ReplayRequest, RuleSource, Selection, Why};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The action.
    pub job: JobId,
    /// Whether it is done a second time if it took effect.
    pub forced: bool,
    /// The run's id.
    pub run: RunId,
}

/// An action that is not sent.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// Nobody knows of it: its event is not stored, or its rule never asked for it.
    #[error("action {0} was not sent: its event is not stored, or has no such action")]
    Unknown(JobId),
    /// The rule cannot make it again.
    #[error("action {0} cannot be made again: {reason}", reason = gone(*.1))]
    Gone(JobId, Why),
    /// A newer fact of the same buyer decided otherwise.
    #[error("action {0} is superseded: {1}")]
    Superseded(JobId, String),
    /// The table or the queue did not answer.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

fn gone(why: Why) -> &'static str {
    match why {
        Why::Deleted => "its rule is deleted",
        Why::Changed => "its rule does something else now; replay the event by the rules as they are now",
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retried {
    /// It had ended, and is on its queue as a new run.
    Sent,
    /// It waited for its next attempt, and is on its queue for that.
    Hastened,
    /// It took effect before, and is left alone.
    TookEffect,
    /// It is on its queue, or running.
    UnderWay,
    /// Its account is left alone until then, because the app keeps failing: it goes on by itself at its next attempt.
    LeftAlone(Timestamp),
    /// It waits for its account to be connected again, or for its app to be resumed, and goes on then.
    Held(Option<Reason>),
}

/// Tries an action again.
pub async fn retry(
    store: &Store,
    queues: &Queues,
    m: &MarketplaceId,
    asked: Retry,
    now: Timestamp,
) -> Result<Retried, RetryError> {
    let record = store.job(m, &asked.job, now).await.map_err(ReplayError::from)?;
    match record {
        Some(record) if !record.status.is_final() => {
            let is_lost = record.is_lost(now);
            match hasten(store, queues, record, now).await? {
                // Its next attempt is long past, and it waits nowhere.
                Retried::UnderWay if is_lost => send(store, queues, m, asked, now).await,
                hastened => Ok(hastened),
            }
        }
        Some(_) | None => send(store, queues, m, asked, now).await,
    }
}

/// Lets a job go that waits in the table. It goes on with the attempts that it has spent.
async fn hasten(
    store: &Store,
    queues: &Queues,
    record: JobRecord,
    now: Timestamp,
) -> Result<Retried, ReplayError> {
    if record.status == Status::Held {
        return Ok(Retried::Held(record.reason));
    }
    // To be tried would cost it an attempt without a call.
    let account = store.integration(&record.marketplace, &record.integration, now).await?;
    if let Some(until) = account.and_then(|account| account.health.open_until).filter(|until| *until > now) {
        return Ok(Retried::LeftAlone(until));
    }
    let Some(job) = store.hasten(&record, now, time::after(now, RESENT_AFTER)).await? else {
        return Ok(Retried::UnderWay);
    };
    queues.send(&[job]).await?;
    Ok(Retried::Hastened)
}

/// Sends a job that has ended, or that nobody has tried yet.
async fn send(
    store: &Store,
    queues: &Queues,
    m: &MarketplaceId,
    asked: Retry,
    now: Timestamp,
) -> Result<Retried, RetryError> {
    let Retry { job, forced, run } = asked;
    let selection = Selection { job: Some(job), ..Selection::default() };
    let request = ReplayRequest { selection, by: RuleSource::AsSent, forced, run };
    let replay = replay::prepare(store, m, &[job.event], &request, now).await.map_err(ReplayError::from)?;
    if let Some(gone) = replay.gone.first() {
        return Err(RetryError::Gone(job, gone.why));
    }
    if let Some(superseded) = replay.superseded.first() {
        return Err(RetryError::Superseded(job, superseded.reason.clone()));
    }
    if !replay.done.is_empty() {
        return Ok(Retried::TookEffect);
    }
    if !replay.under_way.is_empty() {
        return Ok(Retried::UnderWay);
    }
    if replay.actions() == 0 {
        return Err(RetryError::Unknown(job));
    }
    replay::send(&replay, queues).await?;
    Ok(Retried::Sent)
}
