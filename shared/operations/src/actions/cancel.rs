//! Canceling an action that waits.

use aws::store::StoreError;
use domain::id::{JobId, MarketplaceId};
use domain::log::{HistoryEntry, JobRecord, Standing, Status};
use domain::outcome::Reason;
use jiff::Timestamp;

use super::Actions;
use crate::log::unstarted::unstarted;

/// The number of attempts to write the record, which a running attempt can change at the same time.
const TRIES: usize = 3;

/// The reason why an action is not canceled.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// No record or event has the action.
    #[error("action {0} does not exist")]
    Unknown(JobId),
    /// No connector has started the action, so there is nothing to cancel yet.
    #[error("action {0} has not started: cancel it when it waits for an attempt, or disable its rule")]
    NotStarted(JobId),
    /// An attempt is running.
    #[error("action {0} is running: its result decides whether it can still be canceled")]
    Running(JobId),
    /// The action has ended.
    #[error("action {0} has ended already: it is {1}")]
    Ended(JobId, Status),
    /// DynamoDB did not respond.
    #[error("the action cannot be read or written")]
    Store(#[from] StoreError),
}

impl Actions<'_> {
    /// Cancels an action that waits: it ends without effect, or with the success of an earlier run. If a message of the
    /// action is still on its queue, the connector skips it.
    pub async fn cancel(
        &self,
        m: &MarketplaceId,
        id: JobId,
        now: Timestamp,
    ) -> Result<JobRecord, CancelError> {
        let store = &self.0.store;
        for _ in 0..TRIES {
            let Some(record) = store.job(m, &id, now).await? else {
                let event = store.event(m, &id.event, now).await?;
                let is_sent =
                    event.is_some_and(|event| unstarted(&event, &[], now).iter().any(|it| it.job == id));
                return Err(if is_sent { CancelError::NotStarted(id) } else { CancelError::Unknown(id) });
            };
            if record.status.is_final() {
                return Err(CancelError::Ended(id, record.status));
            }
            let claim = match record.effect {
                Some(effect) => store.claim_of(m, effect, now).await?,
                None => None,
            };
            if claim.as_ref().is_some_and(|claim| claim.is_running(&record, now)) {
                return Err(CancelError::Running(id));
            }
            let canceled = canceled(record.clone(), now);
            if store.cancel_job(&record, &canceled, claim.as_ref(), now).await? {
                return Ok(canceled);
            }
        }
        Err(CancelError::Running(id))
    }
}

fn canceled(record: JobRecord, now: Timestamp) -> JobRecord {
    let reason = Reason::new("Canceled by hand.");
    let mut history = record.history.clone();
    history.push(HistoryEntry { at: now, status: Status::Canceled, message: Some(reason.message.clone()) });
    let Standing { status, reason, success } = Standing::after(Some(&record), Status::Canceled, Some(reason));
    JobRecord {
        status,
        reason,
        note: None,
        success,
        next_attempt: None,
        updated_at: now,
        history,
        // An attempt that read the record before can no longer overwrite it.
        token: format!("{}-canceled", record.token),
        ..record
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_canceled_action_has_ended_without_effect_and_its_history_says_when() {
        let now = Timestamp::UNIX_EPOCH;
        let id = format!("job_{}", "0".repeat(58)).parse().unwrap();
        let waits = JobRecord { next_attempt: Some(now), ..sample::record(id, "retrying") };
        let token = waits.token.clone();
        let canceled = canceled(waits, now);
        assert_ne!(canceled.token, token, "an attempt that has read the record cannot write over it");
        assert!(canceled.status.is_final() && !canceled.status.took_effect());
        assert_eq!((canceled.next_attempt, canceled.updated_at), (None, now));
        assert_eq!(canceled.history.last().map(|last| (last.at, last.status)), Some((now, Status::Canceled)));
    }
}
