//! Claiming a job's effect in the ledger.

use aws::store::Claimed;
use domain::effect::{self, Claim, Ruling};
use domain::job::Job;
use domain::log::Status;
use domain::outcome::Reason;
use jiff::{SignedDuration, Timestamp};
use runtime::clock;

use crate::call::Connector;
use crate::obstacle::Obstacle;
use crate::row::Row;
use crate::worker::{Halt, Worker};

/// How often a claim is tried against others who try at the same moment.
const ROUNDS: usize = 3;

impl<C: Connector> Worker<C> {
    /// Claims the job's effect: the row to go on from, which holds the claim.
    pub(crate) async fn claim(&self, job: &Job, now: Timestamp) -> Result<Row, Halt> {
        let lease = SignedDuration::try_from(self.lease).unwrap_or(SignedDuration::from_mins(1));
        let claim = Claim {
            job: job.id,
            ordered_at: job.ordered_at,
            intent: job.effect.intent,
            token: clock::unique(),
            leased_until: now.saturating_add(lease).unwrap_or(Timestamp::MAX),
        };
        let mut over: Option<Claim> = None;
        for _ in 0..ROUNDS {
            let held = match self.store.claim(job, &claim, over.as_ref(), now).await? {
                Claimed::Held(held) => held,
                Claimed::Ours => {
                    let is_known = job.resumed || job.again.is_some() || over.is_some();
                    let before =
                        if is_known { self.store.job(&job.marketplace, &job.id, now).await? } else { None };
                    let row = Row::claimed(claim.token, before);
                    return if row.is_over(job) { Err(Obstacle::Over.into()) } else { Ok(row) };
                }
            };
            let record = self.store.job(&job.marketplace, &held.job, now).await?;
            let ruling = effect::rule(job.id, job.ordered_at, job.effect.intent, &held, record.as_ref(), now);
            let obstacle = match ruling {
                Ruling::Take => {
                    over = Some(held);
                    continue;
                }
                // It has ended, and runs again because an operator asks for it.
                Ruling::Ended if record.is_some_and(|record| !job.is_over(&record)) => {
                    over = Some(held);
                    continue;
                }
                Ruling::Ended => Obstacle::Over,
                Ruling::Duplicate(by) => {
                    let message = format!("The same fact had the same effect already, through {by}.");
                    Obstacle::Ends(Status::Duplicate, Reason::new(message))
                }
                Ruling::Superseded(by) => {
                    let message = format!("Something newer has decided this, through {by}.");
                    Obstacle::Ends(Status::Superseded, Reason::new(message))
                }
                Ruling::Wait(until) => under_way(until),
            };
            return Err(obstacle.into());
        }
        Err(under_way(now).into())
    }
}

fn under_way(until: Timestamp) -> Obstacle {
    let reason = Reason::new("Another action for the same contact is under way.");
    Obstacle::NotYet(until, Status::Retrying, reason)
}
