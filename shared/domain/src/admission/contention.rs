//! What a ruling of the effect ledger means for a job whose effect is claimed.

use jiff::Timestamp;

use super::{End, Until, Verdict, Wait};
use crate::effect::{Claim, Ruling};
use crate::job::Job;
use crate::log::Status;
use crate::outcome::Reason;

/// What a job does about `claim`, which the ledger has ruled on. `None`: it takes the claim over.
pub fn contended(job: &Job, claim: &Claim, ruling: Ruling) -> Option<Verdict> {
    let end = |status, message: String| Verdict::End(End { status, reason: Reason::new(message) });
    Some(match ruling {
        Ruling::Take => return None,
        Ruling::Ended => Verdict::Drop,
        Ruling::Duplicate(by) => {
            end(Status::Duplicate, format!("The same fact had the same effect already, through {by}."))
        }
        Ruling::Superseded(by) => {
            end(Status::Superseded, format!("Something newer has decided this, through {by}."))
        }
        Ruling::Wait(until) => Verdict::Wait(busy(job, claim, until)),
    })
}

/// How a job waits for the holder of its effect's claim.
fn busy(job: &Job, claim: &Claim, until: Timestamp) -> Wait {
    let message = if claim.job == job.id {
        "This action is in progress."
    } else {
        "Another action for the same contact is in progress."
    };
    Wait { until: Until::Time(until), status: Status::Retrying, reason: Reason::new(message) }
}
