//! Claiming a job's effect in the ledger.

use aws::store::Claimed;
use domain::admission::{Until, Verdict, Wait, contended};
use domain::effect::{self, Claim};
use domain::log::Status;
use domain::outcome::Reason;
use domain::time;

use super::{Attempt, Environment, Seen, Stop};
use crate::jobs::Jobs;

/// How often a claim is tried if other jobs claim the effect at the same time.
const ROUNDS: usize = 3;

impl<E: Environment> Attempt<'_, E> {
    /// Claims the job's effect. Ends the delivery if the ledger rules against it.
    pub(super) async fn claim(&mut self, seen: &mut Seen<E::Access>) -> Result<(), Stop> {
        let (job, jobs, now) = (self.delivery.job, self.env.jobs(), self.began);
        let (contender, leased_until) = (job.contender(), time::later(now, self.env.lease()));
        let mut claim = Claim::new(contender, self.env.unique(), leased_until);
        let mut over: Option<Claim> = None;
        // An attempt has marked the record, so the effect has a claim. To read it costs a fifth of a write that is
        // refused, which returns the same.
        let is_marked = self.before.as_ref().is_some_and(|record| !record.token.is_empty());
        let mut read = if is_marked { jobs.claim_of(job, now).await? } else { None };
        for _ in 0..ROUNDS {
            let claimed = match read.take() {
                Some(claim) => Claimed::Held(Box::new(claim)),
                None => jobs.claim(job, &claim, over.as_ref(), now).await?,
            };
            let held = match claimed {
                Claimed::Held(held) if held.token != claim.token => *held,
                // If the response to the write was lost, the SDK repeats the write and gets its own claim.
                Claimed::Ours | Claimed::Held(_) => {
                    self.token = Some(claim.token);
                    // Another message of the same job may have written since.
                    let is_known = over.is_some() || self.before.is_some();
                    return if is_known { self.read().await } else { Ok(()) };
                }
            };
            let record = if held.holder.job == job.id {
                // The ruling and the next write rest on one record, which was read before the claim: if the claim's
                // attempt has written since, the write fails.
                if !self.was_read {
                    self.read().await?;
                    self.admit(seen).await?;
                    read = jobs.claim_of(job, now).await?;
                    continue;
                }
                self.before.clone()
            } else {
                jobs.record(&job.marketplace, &held.holder.job, now).await?
            };
            let rerun = record.as_ref().is_some_and(|record| record.id == job.id && !job.is_over(record));
            match contended(job, &held, effect::rule(contender, rerun, &held, record.as_ref(), now), now) {
                Ok(takeover) => {
                    claim = claim.over(&takeover);
                    self.note = takeover.note;
                    over = Some(held);
                }
                Err(verdict) => return Err(self.stop(seen, verdict).await),
            }
        }
        let reason = Reason::new("Other actions for the same contact are in progress.");
        let wait = Wait { until: Until::Time(now), status: Status::Retrying, reason };
        Err(self.stop(seen, Verdict::Wait(wait)).await)
    }
}
