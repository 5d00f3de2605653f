//! The rules of the effect ledger: what an app is asked for once, and never late.
//!
//! A job *claims* its effect with one conditional write, runs, and its record in the Action Log *marks* the end of the
//! attempt: the record carries the claim's token, so a claim whose token the holder's record knows is released, and no
//! third write is needed. A claim also carries a lease, so that a crash between claim and mark blocks nothing for long.
//! An action and its opposite share one effect, and the newest claim rules it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{EffectKey, FactKey, JobId};
use crate::log::JobRecord;

/// What a job changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Integration, target and contact; with fact and line for a message.
    pub key: EffectKey,
    /// What it wants of that.
    pub intent: Intent,
}

/// What a job wants of its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// That it be so.
    On,
    /// That it not be so.
    Off,
    /// That it be told.
    Send,
}

/// The ledger's item for one effect: who claimed it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The job that claimed it.
    pub job: JobId,
    /// The time that orders that job's effect.
    pub ordered_at: Timestamp,
    /// What that job wants.
    pub intent: Intent,
    /// Tells this attempt from every other.
    pub token: String,
    /// Until when the attempt may be running.
    pub leased_until: Timestamp,
}

/// What the ledger says to a job whose effect has a claim already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// Take the claim over and run.
    Take,
    /// This job has ended already: nothing to do.
    Ended,
    /// The same fact had this effect already, through that job.
    Duplicate(JobId),
    /// A newer fact has decided this effect, through that job.
    Superseded(JobId),
    /// Somebody may be at it: ask again then.
    Wait(Timestamp),
}

/// Where a claim's holder is, as its record tells.
enum Holder {
    /// The attempt may be running.
    Running,
    /// No attempt is running, and the job has not ended: it waits, is held, or crashed.
    Idle {
        next: Option<Timestamp>,
    },
    Succeeded,
    Failed,
}

fn holder(claim: &Claim, record: Option<&JobRecord>, now: Timestamp) -> Holder {
    let marked = record.is_some_and(|record| record.token == claim.token);
    match record {
        _ if !marked && claim.leased_until > now => Holder::Running,
        // Nobody is at it: what another attempt of the same job wrote counts, and else this one crashed.
        Some(record) if record.status.took_effect() => Holder::Succeeded,
        Some(record) if record.status.is_final() => Holder::Failed,
        Some(record) => Holder::Idle { next: record.next_attempt },
        None => Holder::Idle { next: None },
    }
}

/// Decides what a job may do about an effect that `claim` holds, given the holder's own record.
pub fn rule(
    job: JobId,
    ordered_at: Timestamp,
    intent: Intent,
    claim: &Claim,
    record: Option<&JobRecord>,
    now: Timestamp,
) -> Ruling {
    let holder = holder(claim, record, now);
    if job == claim.job {
        return match holder {
            Holder::Running => Ruling::Wait(claim.leased_until),
            // A message that was delivered twice must not run before the time that the app named.
            Holder::Idle { next: Some(next) } if next > now => Ruling::Wait(next),
            Holder::Idle { .. } => Ruling::Take,
            Holder::Succeeded | Holder::Failed => Ruling::Ended,
        };
    }
    match order(job.event.fact, ordered_at, intent, claim) {
        Order::Older => Ruling::Superseded(claim.job),
        Order::Newer => match holder {
            Holder::Running => Ruling::Wait(claim.leased_until),
            Holder::Idle { .. } | Holder::Succeeded | Holder::Failed => Ruling::Take,
        },
        Order::Same => match holder {
            Holder::Running => Ruling::Wait(claim.leased_until),
            Holder::Succeeded => Ruling::Duplicate(claim.job),
            Holder::Idle { next: Some(next) } if next > now => Ruling::Wait(next),
            Holder::Idle { .. } | Holder::Failed => Ruling::Take,
        },
    }
}

enum Order {
    Older,
    Same,
    Newer,
}

/// Orders a job against a claim: by time, and what removes after what adds, so that the end is the same in whatever
/// order they arrive, and never too much access. One fact can ask for an effect and its opposite through two rules;
/// two facts can share an instant, and then neither may be newer than the other both ways round.
fn order(fact: FactKey, ordered_at: Timestamp, intent: Intent, claim: &Claim) -> Order {
    let claimed = claim.job.event.fact;
    if fact == claimed {
        return match (intent, claim.intent) {
            (Intent::On, Intent::Off) => Order::Older,
            (Intent::Off, Intent::On) => Order::Newer,
            (Intent::On | Intent::Off | Intent::Send, _) => Order::Same,
        };
    }
    let place = (ordered_at, intent == Intent::Off, fact);
    if place < (claim.ordered_at, claim.intent == Intent::Off, claimed) { Order::Older } else { Order::Newer }
}

#[cfg(test)]
mod tests;
