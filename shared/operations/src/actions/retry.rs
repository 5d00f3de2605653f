//! Retries of an action: an action that has ended, was never started or is lost is sent again; an action that waits for
//! its next attempt is tried now.

use domain::digest::DigestSecret;
use domain::id::{JobId, MarketplaceId};
use domain::log::{ConfigEntry, JobRecord, RESENT_AFTER, Status};
use domain::outcome::Reason;
use domain::run::RunId;
use domain::time;
use jiff::Timestamp;
use serde_json::json;

use super::Actions;
use crate::replays::{ReplayError, ReplayRequest, RuleSource, Selection, Why};

/// The parameters of a retry.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The action.
    pub job: JobId,
    /// Whether the action is sent even if it already succeeded.
    pub forced: bool,
    /// The id of the retry.
    pub run: RunId,
}

/// The reason why an action is not sent.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// The event is not stored, or its rules never requested the action.
    #[error("action {0} was not sent: its event is not stored, or has no such action")]
    Unknown(JobId),
    /// The action cannot be built again.
    #[error("action {0} cannot run again: {reason}", reason = gone(*.1))]
    Gone(JobId, Why),
    /// A newer fact of the same buyer superseded the action.
    #[error("action {0} is superseded: {1}")]
    Superseded(JobId, String),
    /// The action is a test, and has ended.
    #[error("action {0} is a test: try the rule again")]
    Test(JobId),
    /// DynamoDB or SQS did not respond.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

fn gone(why: Why) -> &'static str {
    match why {
        Why::Deleted => "its rule is deleted",
        Why::Changed => "its rule no longer requests it; replay the event with the current rules",
    }
}

/// The result of a retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retried {
    /// The action had ended, and is queued as a new run.
    Sent,
    /// The action waited for its next attempt, and is queued for it.
    Hastened,
    /// The action already succeeded and is skipped.
    TookEffect,
    /// The action is already queued or running.
    UnderWay,
    /// Calls to its account are paused until this time, because the app keeps failing. The action is tried at its next
    /// attempt.
    LeftAlone(Timestamp),
    /// The action waits until its account is reconnected or its app is resumed, and then continues.
    Held(Option<Reason>),
}

impl Actions<'_> {
    /// Retries an action.
    pub async fn retry(
        &self,
        secret: &DigestSecret,
        m: &MarketplaceId,
        asked: Retry,
        now: Timestamp,
    ) -> Result<Retried, RetryError> {
        let record = self.0.store.job(m, &asked.job, now).await.map_err(ReplayError::from)?;
        match record {
            Some(record) if record.test && record.status.is_final() => Err(RetryError::Test(record.id)),
            Some(record) if !record.status.is_final() => {
                let is_lost = record.is_lost(now) && !record.test;
                match self.hasten(record, now).await? {
                    // Its next attempt is long overdue, so its message is lost.
                    Retried::UnderWay if is_lost => self.send(secret, m, asked, now).await,
                    hastened => Ok(hastened),
                }
            }
            Some(_) | None => self.send(secret, m, asked, now).await,
        }
    }

    /// Queues a job that waits in the table. Its number of attempts is kept.
    async fn hasten(&self, record: JobRecord, now: Timestamp) -> Result<Retried, ReplayError> {
        let store = &self.0.store;
        if record.status == Status::Held {
            return Ok(Retried::Held(record.reason));
        }
        // An attempt would be counted without a call.
        let account = store.integration(&record.marketplace, &record.integration, now).await?;
        if let Some(until) =
            account.and_then(|account| account.health.open_until).filter(|until| *until > now)
        {
            return Ok(Retried::LeftAlone(until));
        }
        let Some(job) = store.hasten(&record, now, time::after(now, RESENT_AFTER)).await? else {
            return Ok(Retried::UnderWay);
        };
        let entry =
            ConfigEntry::of_action(record.id, "Retry Action", "Next attempt of the action is now.", now);
        store.log_config(&record.marketplace, &entry).await?;
        self.0.services.queues.send(&[job]).await?;
        Ok(Retried::Hastened)
    }

    /// Sends a job that has ended or has never started.
    async fn send(
        &self,
        secret: &DigestSecret,
        m: &MarketplaceId,
        asked: Retry,
        now: Timestamp,
    ) -> Result<Retried, RetryError> {
        let Retry { job, forced, run } = asked;
        let selection = Selection { job: Some(job), ..Selection::default() };
        let request = ReplayRequest { selection, by: RuleSource::AsSent, forced, run };
        let replay = self
            .0
            .replays()
            .prepare(secret, m, &[job.event], &request, now)
            .await
            .map_err(ReplayError::from)?;
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
        let entry = ConfigEntry::of_action(job, "Retry Action", "Action sent again.", now);
        let entry = entry.change(None, Some(json!({ "forced": forced })));
        self.0.store.log_config(m, &entry).await.map_err(ReplayError::from)?;
        self.0.services.queues.send(replay.jobs()).await.map_err(ReplayError::from)?;
        Ok(Retried::Sent)
    }
}
