//! A job's state after a call, or after a decision without a call: its next record, and the place where it waits.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{End, Progress, Until, Wait};
use crate::job::Job;
use crate::log::{HistoryEntry, JobRecord, RESENT_AFTER, Standing, Status};
use crate::outcome::{Outcome, Reason, Setback};
use crate::retry::{self, Schedule};
use crate::time;

/// The most entries in a record's history. The number of rate-limited calls has no limit of its own.
const MOST_HISTORY: usize = 25;
/// The longest wait for a rate limit: a later time that an app names is reduced to this.
const LONGEST_RATE_LIMIT: SignedDuration = SignedDuration::from_hours(24);
/// The shortest time until a message is received again.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// The shortest wait for a scheduled time without a call.
const SHORTEST_PAUSE: Duration = Duration::from_secs(2);

/// One delivery of a job, as far as [`after()`] needs it.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The job.
    pub job: &'a Job,
    /// Its record before this delivery, if any.
    pub before: Option<&'a JobRecord>,
    /// The claim's token if the job holds the claim. Writing it to the record releases the claim.
    pub token: Option<&'a str>,
    /// A note for the record of a success, besides the outcome.
    pub note: Option<&'a str>,
    /// The waits between attempts.
    pub schedule: &'a Schedule,
    /// A number in 0..1 that spreads the waits.
    pub jitter: f64,
    /// The number of times that SQS delivered the message.
    pub receives: u32,
    /// The time now.
    pub now: Timestamp,
}

/// A job's next record and the place where it waits. Both are stored in one write.
#[derive(Debug, Clone, PartialEq)]
pub struct After {
    /// The result. The record's status differs if it keeps the success of an earlier run; see [`Standing`].
    pub result: Status,
    /// The record.
    pub record: JobRecord,
    /// Where the job waits.
    pub place: Place,
}

/// Where a job waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: the job has ended.
    Nowhere,
    /// In its queue, invisible for this time. If the message is lost, the sweeper sends a new one at `lost_at`.
    Queue {
        /// The visibility timeout.
        wait: Duration,
        /// The time from which the message counts as lost.
        lost_at: Timestamp,
    },
    /// In the table, until the sweeper sends it at this time.
    Table(Timestamp),
    /// In the table, until its account is reconnected.
    Reconnect,
    /// In the table, until the operator resumes its app.
    Resume,
}

/// The result of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// The app was called.
    Called(Outcome),
    /// The call ended before a request was sent.
    Unsent(Wait),
    /// The job ends without a call.
    Ends(End),
    /// The job waits without a call.
    Waits(Wait),
}

impl Conclusion {
    /// The conclusion of a call that sent this number of requests.
    pub fn of_call(outcome: Outcome, requests: u32) -> Self {
        match outcome {
            Outcome::Failed(Setback::Transient { reason }) if requests == 0 => Self::Unsent(Wait {
                until: Until::Scheduled(Timestamp::MIN),
                status: Status::Retrying,
                reason,
            }),
            Outcome::Failed(Setback::RateLimited { until, reason }) if requests == 0 => {
                Self::Unsent(Wait { until: Until::Time(until), status: Status::RateLimited, reason })
            }
            outcome => Self::Called(outcome),
        }
    }
}

/// Computes a job's state after a call, or after a decision without a call.
pub fn after(conclusion: Conclusion, attempt: &Circumstances<'_>) -> After {
    let progress = Progress::of(attempt.job, attempt.before, attempt.now);
    let next = match conclusion {
        Conclusion::Called(outcome) => called(outcome, progress, attempt),
        Conclusion::Ends(End { status, reason }) => Next::ends(status, Some(reason), progress),
        Conclusion::Unsent(wait) => unsent(wait, progress, attempt),
        Conclusion::Waits(wait) => waits(wait, progress, attempt),
    };
    let place = match next.until {
        None => Place::Nowhere,
        Some(Until::Time(at) | Until::Scheduled(at)) => place(at, attempt),
        Some(Until::Reconnect) => Place::Reconnect,
        Some(Until::Resume) => Place::Resume,
    };
    After { result: next.status, record: next.record(attempt), place }
}

/// The changes to a job's record.
struct Next {
    status: Status,
    reason: Option<Reason>,
    progress: Progress,
    /// The event that ends the wait; `None` if the job has ended.
    until: Option<Until>,
    /// Whether the history gets an entry. A wait for the rate limit or a claim gets none: it says nothing about the
    /// job.
    is_told: bool,
}

/// The change after a call. A rate limit counts as no attempt until the run has taken longer than the whole schedule,
/// and as one from then on, so that the wait ends. Refused credentials never count as an attempt.
fn called(outcome: Outcome, progress: Progress, attempt: &Circumstances<'_>) -> Next {
    let Circumstances { schedule, jitter, now, .. } = *attempt;
    let spent = Progress { attempts: progress.attempts + 1, step: progress.step + 1, ..progress };
    match outcome {
        Outcome::Done { note } => Next::ends(Status::Performed, note.map(Reason::new), spent),
        Outcome::AlreadySo { note } => Next::ends(Status::AlreadySo, note.map(Reason::new), spent),
        Outcome::Failed(Setback::Rejected { reason }) => Next::ends(Status::Rejected, Some(reason), spent),
        Outcome::Failed(Setback::Transient { reason } | Setback::PreconditionMissing { reason }) => {
            match schedule.wait(spent.step, jitter) {
                Some(wait) => {
                    let until = Until::Time(time::later(now, wait));
                    Next::waits(Status::Retrying, reason, spent, until)
                }
                None => Next::ends(Status::Exhausted, Some(reason), spent),
            }
        }
        Outcome::Failed(Setback::RateLimited { until, reason }) => {
            let until = Until::Time(until.clamp(now, time::after(now, LONGEST_RATE_LIMIT)));
            if progress.is_used_up(schedule, now) {
                let since = progress.since.strftime("%F");
                let message = format!("{} No call was accepted since {since}.", reason.message);
                Next::ends(Status::Exhausted, Some(Reason { message, ..reason }), spent)
            } else {
                let progress = if progress.is_overdue(schedule, now) { spent } else { progress };
                Next::waits(Status::RateLimited, reason, progress, until)
            }
        }
        Outcome::Failed(Setback::ReconnectNeeded { reason }) => {
            Next::waits(Status::Held, reason, progress, Until::Reconnect)
        }
    }
}

/// The change after a call that sent no request: it uses no attempt. Once the run has taken longer than the whole schedule,
/// each such call uses a wait of the schedule, and the job ends when none is left.
fn unsent(wait: Wait, progress: Progress, attempt: &Circumstances<'_>) -> Next {
    if progress.is_used_up(attempt.schedule, attempt.now) {
        return Next::ends(Status::Exhausted, Some(wait.reason), progress);
    }
    // A wait that is scheduled uses one in any case.
    let is_overdue = progress.is_overdue(attempt.schedule, attempt.now);
    let uses = is_overdue && !matches!(wait.until, Until::Scheduled(_));
    waits(wait, Progress { step: progress.step + u32::from(uses), ..progress }, attempt)
}

/// The change after a wait without a call.
fn waits(Wait { until, status, reason }: Wait, progress: Progress, attempt: &Circumstances<'_>) -> Next {
    match until {
        Until::Scheduled(earliest) => {
            // The last wait is repeated: the last attempt is a call.
            let is_last = progress.is_last(attempt.schedule);
            let progress = Progress { step: progress.step + u32::from(!is_last), ..progress };
            let wait = attempt.schedule.wait(progress.step, attempt.jitter).unwrap_or_default();
            let at = time::later(attempt.now, wait.max(SHORTEST_PAUSE)).max(earliest);
            Next::waits(status, reason, progress, Until::Time(at))
        }
        Until::Time(_) => {
            // The reason of the last failed call is more useful than the reason of this wait.
            let reason = last_failure(attempt.before).unwrap_or(reason);
            Next { is_told: false, ..Next::waits(status, reason, progress, until) }
        }
        Until::Reconnect | Until::Resume => Next::waits(status, reason, progress, until),
    }
}

/// The reason of the last failed call, from the record of a waiting job. The reason of a hold is not kept: the hold is
/// over.
fn last_failure(before: Option<&JobRecord>) -> Option<Reason> {
    let waits = |record: &&JobRecord| !record.status.is_final() && record.status != Status::Held;
    before.filter(waits).and_then(|record| record.reason.clone())
}

fn place(at: Timestamp, attempt: &Circumstances<'_>) -> Place {
    let wait = time::between(attempt.now, at);
    match retry::place(wait.max(SHORTEST_WAIT), attempt.receives) {
        retry::WaitsIn::Queue(wait) => Place::Queue { wait, lost_at: time::after(at, RESENT_AFTER) },
        retry::WaitsIn::Table => Place::Table(at),
    }
}

impl Next {
    fn ends(status: Status, reason: Option<Reason>, progress: Progress) -> Self {
        Self { status, reason, progress, until: None, is_told: true }
    }

    fn waits(status: Status, reason: Reason, progress: Progress, until: Until) -> Self {
        Self { status, reason: Some(reason), progress, until: Some(until), is_told: true }
    }

    fn record(self, attempt: &Circumstances<'_>) -> JobRecord {
        let Circumstances { job, before, token, note, now, .. } = *attempt;
        let (mut reason, status) = (self.reason, self.status);
        let said = reason.as_mut().and_then(|reason| reason.note.take()).map(|note| note.0);
        let said = said.or_else(|| before.and_then(|record| record.note.clone()));
        if status.took_effect() {
            reason = Reason::with_note(reason, said.clone());
            reason = Reason::with_note(reason, note.map(str::to_owned));
        }
        let Progress { attempts, step, since } = self.progress;
        let next_attempt = match self.until {
            Some(Until::Time(at) | Until::Scheduled(at)) => Some(at),
            Some(Until::Reconnect | Until::Resume) | None => None,
        };
        let mut history = before.map(|record| record.history.clone()).unwrap_or_default();
        let message = reason.as_ref().map(|reason| reason.message.clone());
        if self.is_told {
            history.push(HistoryEntry { at: now, status, message });
        }
        history.drain(..history.len().saturating_sub(MOST_HISTORY));
        let note = said.filter(|_| !status.is_final());
        let Standing { status, reason, success } = Standing::after(before, status, reason);
        let token_before = before.map(|record| record.token.as_str()).unwrap_or_default();
        JobRecord {
            id: job.id,
            marketplace: job.marketplace.clone(),
            rule: job.rule.clone(),
            trigger: job.trigger,
            integration: job.integration.clone(),
            app: job.app,
            action: job.action.clone(),
            target: job.target(),
            intent: job.effect.intent,
            effect: Some(job.effect.key),
            email: job.contact.email.clone(),
            line: job.line.clone(),
            occurred_at: job.occurred_at,
            updated_at: now,
            status,
            test: job.test,
            reason,
            note,
            success,
            next_attempt,
            attempts,
            step,
            since,
            history,
            token: token.unwrap_or(token_before).to_owned(),
            run: job.run(before),
        }
    }
}
