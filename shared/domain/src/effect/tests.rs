use jiff::{SignedDuration, Timestamp};

use self::target::Target;
use super::{Claim, Ruling, rule};
use crate::id::JobId;
use crate::intent::Intent;
use crate::log::{JobRecord, Status};

mod ledger;
mod target;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// The state of the claim's holder.
#[derive(Debug, Clone, Copy)]
enum Holder {
    Running,
    /// Running again, after it ended with this status.
    RunningAgain(Status),
    Crashed,
    /// Retried in this many minutes; negative if that time has passed.
    Retrying(i32),
    Held,
    /// Ended with this status, in a record with the claim's token.
    Ended(Status),
    /// Ended with this status, in a record with another attempt's token; the claim's attempt crashed.
    EndedOtherwise(Status),
}

/// The holder's claim, and its record.
fn hold(by: &Target, holder: Holder) -> (Claim, Option<JobRecord>) {
    let is_running = matches!(holder, Holder::Running | Holder::RunningAgain(_));
    let leased_until = if is_running { NOW + MINUTE } else { NOW };
    let claim = Claim::new(by.contender(), "t2".to_owned(), leased_until);
    let record = |status, next_attempt, token| Some(by.record(status, next_attempt, token, NOW));
    let record = match holder {
        Holder::Running | Holder::Crashed => record(Status::Retrying, Some(NOW - MINUTE), "t1"),
        Holder::Retrying(minutes) => record(Status::Retrying, Some(NOW + MINUTE * minutes), "t2"),
        Holder::Held => record(Status::Held, None, "t2"),
        Holder::Ended(status) => record(status, None, "t2"),
        Holder::EndedOtherwise(status) | Holder::RunningAgain(status) => record(status, None, "t1"),
    };
    (claim, record)
}

/// A ruling without the state that a takeover stores.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Take,
    Ended,
    Duplicate(JobId),
    Superseded(JobId),
    Wait(Timestamp),
}

fn said(ruling: &Ruling) -> Said {
    match ruling {
        Ruling::Take(_) => Said::Take,
        Ruling::Ended => Said::Ended,
        Ruling::Duplicate(by) => Said::Duplicate(*by),
        Ruling::Superseded(conflict) => Said::Superseded(conflict.by.job),
        Ruling::Wait(until) => Said::Wait(*until),
    }
}

fn ruling(job: &Target, held_by: &Target, holder: Holder) -> Said {
    let (claim, record) = hold(held_by, holder);
    let ruled = said(&rule(job.contender(), false, &claim, record.as_ref(), NOW));
    if !matches!(holder, Holder::Running | Holder::Crashed) {
        return ruled;
    }
    // The record of an earlier attempt does not apply to this one.
    assert_eq!(said(&rule(job.contender(), false, &claim, None, NOW)), ruled);
    ruled
}

fn later() -> Said {
    Said::Wait(NOW + MINUTE)
}

const ENDS: [Status; 7] = [
    Status::Performed,
    Status::AlreadySo,
    Status::Duplicate,
    Status::Superseded,
    Status::Rejected,
    Status::Exhausted,
    Status::Canceled,
];

#[test]
fn a_job_goes_on_with_its_own_claim_until_it_has_ended() {
    let job = Target::new(1, 10, Intent::On, 1);
    let own = |holder| ruling(&job, &job, holder);
    assert_eq!(own(Holder::Running), later());
    assert_eq!(own(Holder::Crashed), Said::Take);
    assert_eq!(own(Holder::Retrying(1)), later());
    assert_eq!(own(Holder::Retrying(0)), Said::Take);
    assert_eq!(own(Holder::Held), Said::Take);
    for end in ENDS {
        assert_eq!(own(Holder::Ended(end)), Said::Ended, "{end:?}");
        assert_eq!(own(Holder::EndedOtherwise(end)), Said::Ended, "{end:?}");
    }
}

#[test]
fn another_rules_job_of_the_same_fact_steps_in_only_where_the_first_did_not_do_it() {
    for intent in [Intent::On, Intent::Off, Intent::Send] {
        let (first, second) = (Target::new(1, 10, intent, 1), Target::new(1, 10, intent, 2));
        let same = |holder| ruling(&second, &first, holder);
        assert_eq!(same(Holder::Running), later());
        assert_eq!(same(Holder::Crashed), Said::Take);
        assert_eq!(same(Holder::Retrying(1)), later());
        assert_eq!(same(Holder::Retrying(0)), Said::Take);
        assert_eq!(same(Holder::Held), Said::Take);
        for end in ENDS {
            let expected = if end.took_effect() { Said::Duplicate(first.id) } else { Said::Take };
            assert_eq!(same(Holder::Ended(end)), expected, "{end:?}");
            assert_eq!(same(Holder::EndedOtherwise(end)), expected, "{end:?}");
        }
    }
}

const HOLDERS: [Holder; 6] = [
    Holder::Crashed,
    Holder::Retrying(1),
    Holder::Retrying(0),
    Holder::Held,
    Holder::Ended(Status::Performed),
    Holder::Ended(Status::Rejected),
];

/// The newer job takes over as soon as no attempt of the older job runs. The older job takes over only if the newer one
/// wanted the same and failed for good.
fn assert_newer(newer: &Target, older: &Target) {
    assert_eq!(ruling(newer, older, Holder::Running), later(), "{newer:?}");
    assert_eq!(ruling(older, newer, Holder::Running), Said::Superseded(newer.id), "{older:?}");
    for holder in HOLDERS {
        assert_eq!(ruling(newer, older, holder), Said::Take, "{holder:?}");
        let failed = matches!(holder, Holder::Ended(Status::Rejected)) && newer.intent == older.intent;
        let expected = if failed { Said::Take } else { Said::Superseded(newer.id) };
        assert_eq!(ruling(older, newer, holder), expected, "{holder:?}");
    }
}

#[test]
fn an_older_job_takes_over_from_a_newer_one_that_wanted_the_same_and_failed_for_good() {
    for intent in [Intent::On, Intent::Off] {
        let (older, newer) = (Target::new(1, 10, intent, 1), Target::new(2, 20, intent, 1));
        for end in ENDS {
            let expected = if end.took_effect() { Said::Superseded(newer.id) } else { Said::Take };
            assert_eq!(ruling(&older, &newer, Holder::Ended(end)), expected, "{end:?}");
            assert_eq!(ruling(&older, &newer, Holder::EndedOtherwise(end)), expected, "{end:?}");
        }
    }
}

#[test]
fn an_older_job_waits_for_a_newer_one_that_failed_for_good_and_runs_again() {
    for intent in [Intent::On, Intent::Off] {
        let (older, newer) = (Target::new(1, 10, intent, 1), Target::new(2, 20, intent, 1));
        for end in ENDS {
            let expected = if end.took_effect() { Said::Superseded(newer.id) } else { later() };
            assert_eq!(ruling(&older, &newer, Holder::RunningAgain(end)), expected, "{end:?}");
        }
    }
}

#[test]
fn a_newer_opposite_decides_also_where_it_failed() {
    for (old, new) in [(Intent::On, Intent::Off), (Intent::Off, Intent::On)] {
        let (older, newer) = (Target::new(1, 10, old, 1), Target::new(2, 20, new, 1));
        for end in ENDS {
            for holder in [Holder::Ended(end), Holder::RunningAgain(end)] {
                assert_eq!(ruling(&older, &newer, holder), Said::Superseded(newer.id), "{end:?}");
            }
        }
    }
}

#[test]
fn a_later_fact_decides_whatever_either_wants() {
    for older in [Intent::On, Intent::Off] {
        for newer in [Intent::On, Intent::Off] {
            assert_newer(&Target::new(1, 11, newer, 1), &Target::new(2, 10, older, 1));
            assert_newer(&Target::new(2, 11, newer, 1), &Target::new(1, 10, older, 1));
        }
    }
}

#[test]
fn removing_counts_as_later_than_adding_for_the_same_fact() {
    assert_newer(&Target::new(1, 10, Intent::Off, 1), &Target::new(1, 10, Intent::On, 2));
}

#[test]
fn removing_counts_as_later_than_adding_at_the_same_instant() {
    assert_newer(&Target::new(1, 10, Intent::Off, 1), &Target::new(2, 10, Intent::On, 1));
    assert_newer(&Target::new(2, 10, Intent::Off, 1), &Target::new(1, 10, Intent::On, 1));
}

#[test]
fn of_two_facts_of_one_instant_that_want_the_same_one_is_the_later_for_both() {
    for intent in [Intent::On, Intent::Off] {
        let (a, b) = (Target::new(1, 10, intent, 1), Target::new(2, 10, intent, 1));
        let (newer, older) = if a.rank() > b.rank() { (a, b) } else { (b, a) };
        assert_newer(&newer, &older);
    }
}

#[test]
fn a_fact_that_is_published_again_with_another_time_is_still_the_same() {
    let (first, again) = (Target::new(1, 10, Intent::On, 1), Target::new(1, 99, Intent::On, 1));
    assert_eq!(ruling(&again, &first, Holder::Ended(Status::Performed)), Said::Duplicate(first.id));
}
