//! What can stand between a job and its call. None of it costs the job an attempt.

use std::time::Duration;

use aws::store::Waiting;
use domain::job::Job;
use domain::log::Status;
use domain::outcome::Reason;
use domain::retry::{Place, place};
use domain::settle::Settled;
use jiff::Timestamp;

use crate::call::Connector;
use crate::row::Row;
use crate::worker::{Ack, Fault, Worker};

/// No message returns sooner than this.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// What stands in the way of a job that holds no claim.
#[derive(Debug)]
pub(crate) enum Obstacle {
    /// Nothing is left to do: the job has ended before, or its buyer was erased.
    Over,
    /// It ends like this.
    Ends(Status, Reason),
    /// It waits until the merchant connects the account again.
    Refused(Reason),
    /// It waits until the operator resumes the app.
    Paused(Reason),
    /// It is not its turn before then.
    NotYet(Timestamp, Status, Reason),
}

impl<C: Connector> Worker<C> {
    /// Ends the job, or finds the place where it waits.
    pub(crate) async fn stop(
        &self,
        job: &Job,
        obstacle: Obstacle,
        receives: u32,
        now: Timestamp,
    ) -> Result<Ack, Fault> {
        match &obstacle {
            Obstacle::Over => return Ok(Ack::Done),
            Obstacle::NotYet(until, ..) => {
                let wait = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                // Nothing is written where the message can wait on its queue.
                if let Place::Queue(wait) = place(wait.max(SHORTEST_WAIT), receives) {
                    return Ok(Ack::ShowAgain(wait));
                }
            }
            Obstacle::Ends(..) | Obstacle::Refused(_) | Obstacle::Paused(_) => {}
        }
        let row = Row::unclaimed(self.store.job(&job.marketplace, &job.id, now).await?);
        if row.is_over(job) {
            return Ok(Ack::Done);
        }
        let attempts = row.spent(job);
        let settled =
            |status, reason, next_attempt| Settled { status, reason: Some(reason), next_attempt, attempts };
        match obstacle {
            Obstacle::Over => Ok(Ack::Done),
            Obstacle::Ends(status, reason) => {
                self.write(job, row, settled(status, reason, None), receives, now).await
            }
            Obstacle::Refused(reason) => {
                self.write(job, row, settled(Status::Held, reason, None), receives, now).await
            }
            Obstacle::Paused(reason) => {
                let parked = job.parked();
                let settled = settled(Status::Held, reason, None);
                self.put(job, row, settled, Waiting::ForResume(&parked), Ack::Done, now).await
            }
            Obstacle::NotYet(until, status, reason) => {
                // What went wrong before says more than whose turn it is.
                let reason = row.reason().unwrap_or(reason);
                self.write(job, row, settled(status, reason, Some(until)), receives, now).await
            }
        }
    }
}
