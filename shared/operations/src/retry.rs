//! Sending one action again.

use aws::queue::Queues;
use aws::store::Store;
use domain::again::RunId;
use domain::id::{JobId, MarketplaceId};
use jiff::Timestamp;

use crate::replay::{self, By, Replay, ReplayError, Request, Selection};

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
    /// The rule has changed so that the action cannot be made again.
    #[error(
        "action {0} cannot be made again: its rule is deleted, or names another target or other products"
    )]
    Gone(JobId),
    /// The table or the queue did not answer.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

/// Sends an action again, and says what came of it: it is sent, took effect before, or is under way.
pub async fn retry(
    store: &Store,
    queues: &Queues,
    m: &MarketplaceId,
    asked: Retry,
    now: Timestamp,
) -> Result<Replay, RetryError> {
    let Retry { job, forced, run } = asked;
    let selection = Selection { job: Some(job), ..Selection::default() };
    let request = Request { selection, by: By::Then, forced, run };
    let replay = replay::prepare(store, m, &[job.event], &request, now).await.map_err(ReplayError::from)?;
    if !replay.gone.is_empty() {
        return Err(RetryError::Gone(job));
    }
    if replay == Replay::default() {
        return Err(RetryError::Unknown(job));
    }
    replay::send(&replay, queues).await?;
    Ok(replay)
}
