//! The consequence of a ledger ruling for a job whose effect is claimed already.

use jiff::{SignedDuration, Timestamp};

use super::{End, Until, Verdict, Wait};
use crate::effect::{Claim, Ruling, Takeover};
use crate::job::Job;
use crate::log::Status;
use crate::outcome::Reason;
use crate::time;

/// The delay before a running holder's claim is read again: most calls take less, and a lease takes much longer.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// Applies the ledger's ruling on `claim` to a job: `Ok` takes the claim over, `Err` is the verdict instead.
pub fn contended(job: &Job, claim: &Claim, ruling: Ruling, now: Timestamp) -> Result<Takeover, Verdict> {
    let end = |status, reason| Verdict::End(End { status, reason });
    Err(match ruling {
        Ruling::Take(takeover) => return Ok(takeover),
        Ruling::Ended => Verdict::Drop,
        Ruling::Duplicate(by) => {
            let message = format!("The same event already caused this change, through {by}.");
            end(Status::Duplicate, Reason::new(message))
        }
        Ruling::Superseded(conflict) => end(Status::Superseded, conflict.reason()),
        Ruling::Wait(until) if until == claim.leased_until => {
            Verdict::Wait(busy(job, claim, until.min(time::after(now, LOOK_AGAIN))))
        }
        Ruling::Wait(until) => Verdict::Wait(busy(job, claim, until)),
    })
}

/// The wait for the holder of the effect's claim.
fn busy(job: &Job, claim: &Claim, until: Timestamp) -> Wait {
    let message = if claim.holder.job == job.id {
        "This action is in progress."
    } else {
        "Another action for the same contact is in progress."
    };
    Wait { until: Until::Time(until), status: Status::Retrying, reason: Reason::new(message) }
}
