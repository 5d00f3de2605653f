//! Admission: whether a job calls its app now, and where it stands afterwards.
//!
//! [`admit`] decides from a [`View`] of what is stored whether a job calls, ends, waits or is dropped. [`after()`] turns
//! what came of that into the job's next record and the place where the job waits. Both are pure, so the result does not
//! depend on I/O; the connector kit keeps the order of reads and writes and decides nothing itself.

mod after;
mod contention;

use jiff::Timestamp;

use crate::integration::{Connection, Integration, PAUSE_AFTER};
use crate::job::Job;
use crate::log::{JobRecord, Status};
use crate::outcome::{Outcome, Reason, Setback};
use crate::pause::AppPause;
use crate::plan::Withdrawal;
use crate::retry::Schedule;
use crate::rule::Rule;
use crate::time;

pub use self::after::{After, Circumstances, Conclusion, Place, after};
pub use self::contention::contended;

/// What is stored about a job that is about to run.
#[derive(Debug, Clone)]
pub struct View<'a, A> {
    /// The job.
    pub job: &'a Job,
    /// Its record, where there is one and it was read.
    pub record: Option<&'a JobRecord>,
    /// The operator's pause of its app, if any.
    pub pause: Option<&'a AppPause>,
    /// Whether its buyer was erased after the fact occurred.
    pub erased: bool,
    /// The account that it acts in.
    pub account: &'a AccountState<A>,
    /// Its rule as it is stored now.
    pub rule: &'a CurrentRule,
    /// When the account's rate limit lets the next call through, unless that is soon.
    pub limited_until: Option<Timestamp>,
    /// When failed jobs are tried again.
    pub schedule: &'a Schedule,
    /// The time now.
    pub now: Timestamp,
}

/// The account that a job acts in, as it was read.
#[derive(Debug, Clone)]
pub enum AccountState<A> {
    /// It is stored; this is what it is called with.
    Found(Integration, A),
    /// It was deleted.
    Deleted,
    /// Its stored credentials can never be decrypted, or are not in the expected format.
    Unreadable(Integration),
    /// Its credentials could not be decrypted, because AWS KMS did not respond or refused.
    Undecrypted,
}

/// A job's rule as it is stored now.
#[derive(Debug, Clone)]
pub enum CurrentRule {
    /// It was not read: the job is new, so its rule was read a moment ago.
    Unread,
    /// It was deleted.
    Deleted,
    /// It is stored.
    Found(Box<Rule>),
}

impl CurrentRule {
    /// The job with the settings that its rule has now, where the rule was read and asks for it.
    pub fn current(&self, job: &Job) -> Option<Job> {
        match self {
            Self::Unread | Self::Deleted => None,
            Self::Found(rule) => job.with_settings_of(rule),
        }
    }
}

impl From<Option<Rule>> for CurrentRule {
    fn from(found: Option<Rule>) -> Self {
        found.map_or(Self::Deleted, |rule| Self::Found(Box::new(rule)))
    }
}

/// What a job does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It calls its app.
    Call {
        /// Whether its call is the probe of a circuit breaker that is half-open.
        probe: bool,
    },
    /// Nothing is left to do, and nothing is written.
    Drop,
    /// It ends without a call.
    End(End),
    /// It waits.
    Wait(Wait),
}

/// How a job ends without a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// A final status.
    pub status: Status,
    /// Why.
    pub reason: Reason,
}

/// How a job waits without a call. No wait counts as an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What it waits for.
    pub until: Until,
    /// Its status meanwhile.
    pub status: Status,
    /// Why.
    pub reason: Reason,
}

/// What a job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// That time.
    Time(Timestamp),
    /// That time, and at least as long as the retry schedule says. The job advances on the schedule, so that such waits
    /// grow and end.
    Scheduled(Timestamp),
    /// That its account is reconnected.
    Reconnect,
    /// That the operator resumes its app.
    Resume,
}

/// Decides whether a job calls its app now.
pub fn admit<A>(view: &View<'_, A>) -> Verdict {
    let View { job, record, pause, erased, account, rule, limited_until, schedule, now } = *view;
    if erased || record.is_some_and(|record| job.is_over(record)) {
        return Verdict::Drop;
    }
    // Deleting an account disables its rules: the deletion is the reason that counts.
    if let Some(reason) = withdrawn(job, rule).filter(|_| !matches!(account, AccountState::Deleted)) {
        return Verdict::End(End { status: Status::Canceled, reason });
    }
    if let Some(pause) = pause {
        return held(Until::Resume, pause.reason());
    }
    let progress = Progress::of(job, record, now);
    let account = match account {
        AccountState::Found(account, _) => account,
        AccountState::Deleted => {
            let reason = Reason::new("The integration was deleted.")
                .hint("Delete the rule, or choose another integration in it.");
            return Verdict::End(End { status: Status::Rejected, reason });
        }
        AccountState::Unreadable(_) => return held(Until::Reconnect, unreadable()),
        AccountState::Undecrypted => {
            let reason =
                Reason::new("The stored credentials could not be decrypted: AWS KMS did not respond.");
            return if progress.is_last(schedule) {
                Verdict::End(End { status: Status::Exhausted, reason })
            } else {
                Verdict::Wait(Wait { until: Until::Scheduled(now), status: Status::Retrying, reason })
            };
        }
    };
    if let Connection::NeedsReconnect { reason, .. } = &account.connection {
        return held(Until::Reconnect, reason.clone());
    }
    // A rate limit that outlasts the whole schedule is not waited for: the job calls, and ends with the app's answer.
    if let Some(until) = limited_until.filter(|_| !progress.is_overdue(schedule, now)) {
        return Verdict::Wait(limited(job, until));
    }
    match account.health.open_until {
        None => Verdict::Call { probe: false },
        Some(until) if until <= now => Verdict::Call { probe: true },
        // Its answer is near, and decides for this job as well: no place on the schedule is lost for it.
        Some(until) if account.health.probing => {
            let reason = format!("Another action is testing whether {} answers again.", job.app.label());
            let (until, status) = (Until::Time(until), Status::Retrying);
            Verdict::Wait(Wait { until, status, reason: Reason::new(reason) })
        }
        // Its last attempt is a call, also while the circuit breaker is open.
        Some(_) if progress.is_last(schedule) => Verdict::Call { probe: false },
        Some(until) => {
            let app = job.app.label();
            let reason = format!("Calls to {app} are paused after {PAUSE_AFTER} failures in a row.");
            let (status, reason) = (Status::Retrying, Reason::new(reason));
            Verdict::Wait(Wait { until: Until::Scheduled(until), status, reason })
        }
    }
}

/// How a job waits for its account's rate limit.
pub fn limited(job: &Job, until: Timestamp) -> Wait {
    let reason = Reason::new(format!("{} takes no more calls for the moment.", job.app.label()));
    Wait { until: Until::Time(until), status: Status::RateLimited, reason }
}

/// Why an account whose stored credentials can never be decrypted must be reconnected.
pub fn unreadable() -> Reason {
    Reason::new("The stored credentials cannot be read.").hint("Connect the integration again.")
}

fn held(until: Until, reason: Reason) -> Verdict {
    Verdict::Wait(Wait { until, status: Status::Held, reason })
}

/// Why a job is canceled that its rule no longer asks for. A replay of what was sent asks for it itself: such a rule may be
/// disabled.
fn withdrawn(job: &Job, rule: &CurrentRule) -> Option<Reason> {
    let as_sent = job.rerun.as_ref().is_some_and(|again| again.as_sent);
    let (message, hint) = match rule {
        CurrentRule::Deleted => (
            "The rule was deleted while the action waited.",
            "To perform it all the same, create a rule and replay the event.",
        ),
        CurrentRule::Found(rule) if !rule.enabled && !as_sent => (
            "The rule was disabled while the action waited.",
            "To perform it all the same, enable the rule and replay the event.",
        ),
        CurrentRule::Found(rule) => {
            let to = match job.withdrawal(rule)? {
                Withdrawal::Integration => "another integration",
                Withdrawal::Action => "another action",
                Withdrawal::Trigger => "another trigger",
                Withdrawal::Products => "other products",
                Withdrawal::Recipient => "the buyer in place of the gift's recipient",
                Withdrawal::Target => "another target, such as another list or tag",
            };
            let message = format!("The rule was changed to {to} while the action waited.");
            return Some(
                Reason::new(message).hint("To perform what the rule asks for now, replay the event."),
            );
        }
        CurrentRule::Unread => return None,
    };
    Some(Reason::new(message).hint(hint))
}

/// How far a job's present run is. A rerun begins anew.
#[derive(Debug, Clone, Copy)]
struct Progress {
    /// How many calls were made.
    attempts: u32,
    /// The place on the retry schedule.
    step: u32,
    /// When the run was first recorded.
    since: Timestamp,
}

impl Progress {
    fn of(job: &Job, record: Option<&JobRecord>, now: Timestamp) -> Self {
        match record.filter(|record| job.continues(record)) {
            Some(record) => {
                // The time in a hold is not the app's: it counts against no limit.
                let since = if record.status == Status::Held { now } else { record.since };
                Self { attempts: record.attempts, step: record.step, since }
            }
            None => Self { attempts: 0, step: 0, since: now },
        }
    }

    /// Whether the schedule has no wait left after this attempt.
    fn is_last(&self, schedule: &Schedule) -> bool {
        schedule.wait(self.step + 1, 0.5).is_none()
    }

    /// Whether the run has taken longer than the whole schedule.
    fn is_overdue(&self, schedule: &Schedule, now: Timestamp) -> bool {
        now.duration_since(self.since) > time::signed(schedule.length())
    }
}

/// Which attempt of its present run a job makes now, from 1.
pub fn attempt_number(job: &Job, record: Option<&JobRecord>) -> u32 {
    Progress::of(job, record, Timestamp::UNIX_EPOCH).attempts + 1
}

/// How a call's outcome counts for its account's circuit breaker: `Some(true)`: the app answered; `Some(false)`: it
/// failed; `None`: the app was not asked.
pub fn answered(outcome: &Outcome, requests: u32) -> Option<bool> {
    let answered = match outcome {
        Outcome::Failed(Setback::Transient { .. }) => false,
        Outcome::Done { .. }
        | Outcome::AlreadySo { .. }
        | Outcome::Failed(
            Setback::PreconditionMissing { .. }
            | Setback::RateLimited { .. }
            | Setback::ReconnectNeeded { .. }
            | Setback::Rejected { .. },
        ) => true,
    };
    (requests > 0).then_some(answered)
}

#[cfg(test)]
mod tests;
