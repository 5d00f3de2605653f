//! From what a call came to, to what becomes of its job.

use jiff::{SignedDuration, Timestamp};

use crate::log::Status;
use crate::outcome::{Outcome, Reason, Setback};
use crate::retry::Schedule;

/// What becomes of a job after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Where it stands.
    pub status: Status,
    /// Why.
    pub reason: Option<Reason>,
    /// When it is tried next, where it is.
    pub next_attempt: Option<Timestamp>,
    /// How many attempts it has spent now.
    pub attempts: u32,
}

/// An app that names a time further away than this is asked again after this.
const LONGEST_RATE_LIMIT: SignedDuration = SignedDuration::from_hours(24);

/// Settles a job that had spent `attempts` before this call. A rate limit costs no attempt, nor does a hold.
pub fn settle(outcome: Outcome, attempts: u32, schedule: &Schedule, jitter: f64, now: Timestamp) -> Settled {
    let spent = attempts + 1;
    let ended = |status, reason| Settled { status, reason, next_attempt: None, attempts: spent };
    match outcome {
        Outcome::Done { note } => ended(Status::Performed, note.map(Reason::new)),
        Outcome::AlreadySo { note } => ended(Status::AlreadySo, note.map(Reason::new)),
        Outcome::Not(Setback::Rejected { reason }) => ended(Status::Rejected, Some(reason)),
        Outcome::Not(Setback::RetryLater { reason } | Setback::NotYet { reason }) => match schedule
            .wait(spent, jitter)
        {
            Some(wait) => Settled {
                status: Status::Retrying,
                reason: Some(reason),
                next_attempt: Some(later(now, SignedDuration::try_from(wait).unwrap_or(LONGEST_RATE_LIMIT))),
                attempts: spent,
            },
            None => ended(Status::Exhausted, Some(reason)),
        },
        Outcome::Not(Setback::RateLimited { until, reason }) => Settled {
            status: Status::RateLimited,
            reason: Some(reason),
            next_attempt: Some(until.clamp(now, later(now, LONGEST_RATE_LIMIT))),
            attempts,
        },
        Outcome::Not(Setback::ReconnectNeeded { reason }) => {
            Settled { status: Status::Held, reason: Some(reason), next_attempt: None, attempts }
        }
    }
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn after(outcome: impl Into<Outcome>, attempts: u32) -> Settled {
        settle(outcome.into(), attempts, &"5,60".parse().unwrap(), 0.5, NOW)
    }

    #[test]
    fn every_outcome_after_every_number_of_attempts_has_its_end() {
        let until = NOW + SignedDuration::from_mins(7);
        let outcomes = || {
            let reason = || Reason::new("why");
            [
                Outcome::Done { note: Some("why".to_owned()) },
                Outcome::AlreadySo { note: Some("why".to_owned()) },
                Setback::RetryLater { reason: reason() }.into(),
                Setback::NotYet { reason: reason() }.into(),
                Setback::RateLimited { until, reason: reason() }.into(),
                Setback::ReconnectNeeded { reason: reason() }.into(),
                Setback::Rejected { reason: reason() }.into(),
            ]
        };
        let seconds = |seconds| Some(NOW + SignedDuration::from_secs(seconds));
        // Two waits: the third attempt is the last.
        for (attempts, retry) in [(0, seconds(5)), (1, seconds(60)), (2, None), (3, None), (9, None)] {
            let spent = attempts + 1;
            for outcome in outcomes() {
                // A new outcome does not compile until it stands here.
                let (status, next_attempt, attempts) = match outcome {
                    Outcome::Done { .. } => (Status::Performed, None, spent),
                    Outcome::AlreadySo { .. } => (Status::AlreadySo, None, spent),
                    Outcome::Not(Setback::RetryLater { .. } | Setback::NotYet { .. }) if retry.is_some() => {
                        (Status::Retrying, retry, spent)
                    }
                    Outcome::Not(Setback::RetryLater { .. } | Setback::NotYet { .. }) => {
                        (Status::Exhausted, None, spent)
                    }
                    Outcome::Not(Setback::RateLimited { .. }) => {
                        (Status::RateLimited, Some(until), spent - 1)
                    }
                    Outcome::Not(Setback::ReconnectNeeded { .. }) => (Status::Held, None, spent - 1),
                    Outcome::Not(Setback::Rejected { .. }) => (Status::Rejected, None, spent),
                };
                let reason = Some(Reason::new("why"));
                let expected = Settled { status, reason, next_attempt, attempts };
                assert_eq!(after(outcome, spent - 1), expected);
                let goes_on = next_attempt.is_some() || status == Status::Held;
                assert_ne!(goes_on, status.is_final(), "{status:?}");
            }
        }
    }

    #[test]
    fn a_success_with_nothing_to_add_has_no_reason() {
        assert_eq!(after(Outcome::DONE, 0).reason, None);
        assert_eq!(after(Outcome::AlreadySo { note: None }, 0).reason, None);
    }

    #[test]
    fn a_rate_limit_is_never_in_the_past_and_never_beyond_a_day() {
        let next = |until| after(Setback::limited(until, "slow"), 0).next_attempt;
        assert_eq!(next(NOW - SignedDuration::from_secs(1)), Some(NOW));
        assert_eq!(next(NOW + SignedDuration::from_hours(24)), Some(NOW + SignedDuration::from_hours(24)));
        assert_eq!(next(NOW + SignedDuration::from_hours(25)), Some(NOW + SignedDuration::from_hours(24)));
        assert_eq!(next(Timestamp::MAX), Some(NOW + SignedDuration::from_hours(24)));
    }

    #[test]
    fn no_clock_is_too_late_to_wait() {
        let schedule = Schedule::default();
        let setbacks = [Setback::later("down"), Setback::limited(Timestamp::MIN, "slow")];
        for setback in setbacks {
            assert_eq!(
                settle(setback.into(), 0, &schedule, 1.0, Timestamp::MAX).next_attempt,
                Some(Timestamp::MAX)
            );
        }
    }

    #[test]
    fn a_passing_fault_follows_the_schedule_until_it_is_used_up() {
        let fault = || Setback::later("down");
        assert_eq!(after(fault(), 0).next_attempt, Some(NOW + SignedDuration::from_secs(5)));
        assert_eq!(after(fault(), 1).next_attempt, Some(NOW + SignedDuration::from_secs(60)));
        let last = after(fault(), 2);
        assert_eq!((last.status, last.next_attempt, last.attempts), (Status::Exhausted, None, 3));
    }

    #[test]
    fn a_rate_limit_is_honoured_in_full_and_costs_nothing() {
        let until = NOW + SignedDuration::from_hours(23);
        let settled = after(Setback::limited(until, "slow down"), 1);
        assert_eq!((settled.next_attempt, settled.attempts), (Some(until), 1));
    }

    #[test]
    fn refused_credentials_hold_the_job_and_cost_nothing() {
        let settled = after(Setback::reconnect("refused", "Connect again."), 4);
        assert_eq!((settled.status, settled.attempts, settled.next_attempt), (Status::Held, 4, None));
    }
}
