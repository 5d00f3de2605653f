//! Admission: decides whether a job calls its app now, and computes its state afterwards.
//!
//! [`admit`] reads a [`View`] of the stored state and returns whether a job calls, ends, waits or is dropped.
//! [`after()`] turns the result into the job's next record and the place where it waits. Both are pure, so the result
//! does not depend on I/O; the connector kit reads and writes in a fixed order and decides nothing itself.

mod after;
mod contention;

use jiff::Timestamp;

use crate::integration::{Connection, Integration, PAUSE_AFTER};
use crate::job::Job;
use crate::log::{JobRecord, Status};
use crate::outcome::{Fix, Outcome, Reason, Setback};
use crate::pause::AppPause;
use crate::plan::Withdrawal;
use crate::retry::Schedule;
use crate::rule::Rule;
use crate::time;

pub use self::after::{After, Circumstances, Conclusion, Place, after};
pub use self::contention::contended;

/// The stored state that decides whether a job calls its app.
#[derive(Debug, Clone)]
pub struct View<'a, A> {
    /// The job.
    pub job: &'a Job,
    /// Its record, if it has one and it was read.
    pub record: Option<&'a JobRecord>,
    /// The operator's pause of its app, if any.
    pub pause: Option<&'a AppPause>,
    /// Whether its buyer was erased after the fact occurred.
    pub erased: bool,
    /// The account that it acts in.
    pub account: &'a AccountState<A>,
    /// Its rule as stored now.
    pub rule: &'a CurrentRule,
    /// The time of the next call that the account's rate limit allows, unless that is soon.
    pub limited_until: Option<Timestamp>,
    /// The waits between attempts.
    pub schedule: &'a Schedule,
    /// The time now.
    pub now: Timestamp,
}

/// The account that a job acts in, as stored.
#[derive(Debug, Clone)]
pub enum AccountState<A> {
    /// Stored, with the decrypted data that calls need.
    Found(Integration, A),
    /// It was deleted.
    Deleted,
    /// Its stored credentials can never be decrypted, or are not in the expected format.
    Unreadable(Integration),
    /// Its credentials could not be decrypted, because AWS KMS did not respond or refused.
    Undecrypted,
}

/// A job's rule as stored now.
#[derive(Debug, Clone)]
pub enum CurrentRule {
    /// Not read: the job is new, so its rule was read when the job was planned.
    Unread,
    /// It was deleted.
    Deleted,
    /// It is stored.
    Found(Box<Rule>),
}

impl CurrentRule {
    /// The job with the current settings of its rule, if the rule was read and still asks for the job.
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

/// The decision about a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It calls its app.
    Call {
        /// Whether the call is the probe of a half-open circuit breaker.
        probe: bool,
    },
    /// The job is finished already: no call and no write.
    Drop,
    /// It ends without a call.
    End(End),
    /// It waits.
    Wait(Wait),
}

/// The end of a job without a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// A final status.
    pub status: Status,
    /// Why.
    pub reason: Reason,
}

/// A wait without a call, which does not count as an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The event that ends the wait.
    pub until: Until,
    /// The status during the wait.
    pub status: Status,
    /// Why.
    pub reason: Reason,
}

/// The event that ends a job's wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// A fixed time.
    Time(Timestamp),
    /// A fixed time, and at least as late as the retry schedule says. The job advances on the schedule, so such waits
    /// grow and end.
    Scheduled(Timestamp),
    /// The merchant reconnects the account.
    Reconnect,
    /// The operator resumes the app.
    Resume,
}

/// Decides whether a job calls its app now.
pub fn admit<A>(view: &View<'_, A>) -> Verdict {
    let View { job, record, pause, erased, account, rule, limited_until, schedule, now } = *view;
    if erased || record.is_some_and(|record| job.is_over(record)) {
        return Verdict::Drop;
    }
    // Deleting an account disables its rules, so the deletion is the reason to report.
    if let Some(reason) = withdrawn(job, rule).filter(|_| !matches!(account, AccountState::Deleted)) {
        return Verdict::End(End { status: Status::Canceled, reason });
    }
    // The account may be cached from before the app named this time, and a hold would forget it.
    if let Some(until) = record.and_then(|record| record.limited_until(now)) {
        return Verdict::Wait(limited(job, until));
    }
    if let Some(pause) = pause {
        return held(Until::Resume, pause.reason());
    }
    let progress = Progress::of(job, record, now);
    let account = match account {
        AccountState::Found(account, _) => account,
        AccountState::Deleted => {
            let reason = Reason::new("The integration was deleted.")
                .hint("Delete the rule, or choose another integration in it.")
                .fix(Fix::Rule);
            return Verdict::End(End { status: Status::Rejected, reason });
        }
        AccountState::Unreadable(_) => return held(Until::Reconnect, unreadable()),
        AccountState::Undecrypted => {
            let reason =
                Reason::new("The stored credentials could not be decrypted: AWS KMS did not respond.");
            return if progress.is_used_up(schedule, now) {
                Verdict::End(End { status: Status::Exhausted, reason })
            } else {
                Verdict::Wait(Wait { until: Until::Scheduled(now), status: Status::Retrying, reason })
            };
        }
    };
    if let Connection::NeedsReconnect { reason, .. } = &account.connection {
        return held(Until::Reconnect, reason.clone());
    }
    // A rate limit that outlasts the whole schedule is ignored: the job calls, and ends with the app's answer.
    if let Some(until) = limited_until.filter(|_| !progress.is_overdue(schedule, now)) {
        return Verdict::Wait(limited(job, until));
    }
    match account.health.open_until {
        None => Verdict::Call { probe: false },
        Some(until) if until <= now => Verdict::Call { probe: true },
        // The probe's result is expected soon and applies to this job as well, so the job does not advance on the
        // schedule.
        Some(until) if account.health.probing => {
            let reason = format!("Another action is testing whether {} answers again.", job.app.label());
            let (until, status) = (Until::Time(until), Status::Retrying);
            Verdict::Wait(Wait { until, status, reason: Reason::new(reason) })
        }
        // The last attempt is a call even if the circuit breaker is open.
        Some(_) if progress.is_last(schedule) => Verdict::Call { probe: false },
        Some(until) => {
            let app = job.app.label();
            let reason = format!("Calls to {app} are paused after {PAUSE_AFTER} failures in a row.");
            let (status, reason) = (Status::Retrying, Reason::new(reason));
            Verdict::Wait(Wait { until: Until::Scheduled(until), status, reason })
        }
    }
}

/// The wait of a job for its account's rate limit.
pub fn limited(job: &Job, until: Timestamp) -> Wait {
    let reason = Reason::new(format!("{} accepts no more calls for now.", job.app.label()));
    Wait { until: Until::Time(until), status: Status::RateLimited, reason }
}

/// The reason to reconnect an account whose stored credentials can never be decrypted.
pub fn unreadable() -> Reason {
    Reason::new("The stored credentials cannot be read.").hint("Connect the integration again.")
}

fn held(until: Until, reason: Reason) -> Verdict {
    Verdict::Wait(Wait { until, status: Status::Held, reason })
}

/// The reason to cancel a job that its rule no longer asks for. A replay as sent is not canceled by a disabled rule.
fn withdrawn(job: &Job, rule: &CurrentRule) -> Option<Reason> {
    let as_sent = job.rerun.as_ref().is_some_and(|again| again.as_sent);
    let (message, hint) = match rule {
        CurrentRule::Deleted => (
            "The rule was deleted while the action waited.",
            "To perform the action, create a rule and replay the event.",
        ),
        CurrentRule::Found(rule) if !rule.enabled && !as_sent => (
            "The rule was disabled while the action waited.",
            "To perform the action, enable the rule and replay the event.",
        ),
        CurrentRule::Found(rule) => {
            let to = match job.withdrawal(rule)? {
                Withdrawal::Integration => "another integration",
                Withdrawal::Action => "another action",
                Withdrawal::Trigger => "another trigger",
                Withdrawal::Products => "other products",
                Withdrawal::Recipient => "the buyer in place of the gift's recipient",
                Withdrawal::Buyer => "the gift's recipient in place of the buyer",
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

/// The progress of a job's current run. A rerun starts from zero.
#[derive(Debug, Clone, Copy)]
struct Progress {
    /// The number of calls made.
    attempts: u32,
    /// The number of waits of the retry schedule that were used.
    step: u32,
    /// The time at which the run was first recorded.
    since: Timestamp,
}

impl Progress {
    fn of(job: &Job, record: Option<&JobRecord>, now: Timestamp) -> Self {
        match record.filter(|record| job.continues(record)) {
            Some(record) => {
                // The time in a hold does not count against the schedule: the app did not cause it.
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

    /// Whether the run ends if it cannot make an attempt: it has taken longer than the whole schedule and has used all
    /// its waits. A job that returns late therefore does not end at its first setback.
    fn is_used_up(&self, schedule: &Schedule, now: Timestamp) -> bool {
        self.is_overdue(schedule, now) && self.is_last(schedule)
    }

    /// Whether the run has taken longer than the whole schedule.
    fn is_overdue(&self, schedule: &Schedule, now: Timestamp) -> bool {
        now.duration_since(self.since) > time::signed(schedule.length())
    }
}

/// The number of the attempt in the job's current run, from 1.
pub fn attempt_number(job: &Job, record: Option<&JobRecord>) -> u32 {
    Progress::of(job, record, Timestamp::UNIX_EPOCH).attempts + 1
}

/// The effect of a call's outcome on its account's circuit breaker: `Some(true)` if the app answered, `Some(false)` if
/// it failed, `None` if no request was sent.
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
