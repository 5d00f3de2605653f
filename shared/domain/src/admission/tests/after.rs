use std::time::Duration;

use super::*;

fn attempt<'a>(job: &'a Job, before: Option<&'a JobRecord>, schedule: &'a Schedule) -> Circumstances<'a> {
    Circumstances { job, before, token: Some("t2"), note: None, schedule, jitter: 0.5, receives: 1, now: NOW }
}

/// The state after a call for a job that made `calls` before.
fn called(outcome: impl Into<Outcome>, calls: u32) -> After {
    let before = record(&json!({ "attempts": calls, "step": calls, "status": "held" }));
    after(Conclusion::Called(outcome.into()), &attempt(&job(), Some(&before), &schedule()))
}

fn waits(until: Until, before: Option<&JobRecord>) -> After {
    let wait = Wait { until, status: Status::Retrying, reason: Reason::new("It is not its turn.") };
    after(Conclusion::Waits(wait), &attempt(&job(), before, &schedule()))
}

#[test]
fn every_outcome_after_every_number_of_attempts_has_its_end() {
    let until = second(420);
    let outcomes = || {
        let reason = || Reason::new("why");
        [
            Outcome::Done { note: Some("why".to_owned()) },
            Outcome::AlreadySo { note: Some("why".to_owned()) },
            Setback::Transient { reason: reason() }.into(),
            Setback::PreconditionMissing { reason: reason() }.into(),
            Setback::RateLimited { until, reason: reason() }.into(),
            Setback::ReconnectNeeded { reason: reason() }.into(),
            Setback::Rejected { reason: reason() }.into(),
        ]
    };
    // Two waits: the third attempt is the last.
    for (calls, retry) in [(0, Some(second(5))), (1, Some(second(60))), (2, None), (3, None), (9, None)] {
        let spent = calls + 1;
        for outcome in outcomes() {
            // Exhaustive, so that a new outcome needs an expectation here.
            let (status, next_attempt, attempts) = match outcome {
                Outcome::Done { .. } => (Status::Performed, None, spent),
                Outcome::AlreadySo { .. } => (Status::AlreadySo, None, spent),
                Outcome::Failed(Setback::Transient { .. } | Setback::PreconditionMissing { .. })
                    if retry.is_some() =>
                {
                    (Status::Retrying, retry, spent)
                }
                Outcome::Failed(Setback::Transient { .. } | Setback::PreconditionMissing { .. }) => {
                    (Status::Exhausted, None, spent)
                }
                Outcome::Failed(Setback::RateLimited { .. }) => (Status::RateLimited, Some(until), calls),
                Outcome::Failed(Setback::ReconnectNeeded { .. }) => (Status::Held, None, calls),
                Outcome::Failed(Setback::Rejected { .. }) => (Status::Rejected, None, spent),
            };
            let After { record, place, .. } = called(outcome, calls);
            assert_eq!(
                (record.status, record.next_attempt, record.attempts),
                (status, next_attempt, attempts)
            );
            assert_eq!(record.step, attempts, "a call and its place on the schedule go together");
            assert_eq!(record.reason, Some(Reason::new("why")));
            assert_eq!((record.token.as_str(), record.history.len()), ("t2", 1));
            assert_eq!(place == Place::Nowhere, status.is_final(), "{status:?} {place:?}");
            assert_eq!(place == Place::Reconnect, status == Status::Held, "{status:?} {place:?}");
        }
    }
}

#[test]
fn a_success_with_nothing_to_add_has_no_reason_and_keeps_what_the_ledger_adds() {
    assert_eq!(called(Outcome::DONE, 0).record.reason, None);
    let (job, schedule) = (job(), schedule());
    let noted = Circumstances { note: Some("It ends two."), ..attempt(&job, None, &schedule) };
    let said = |outcome: Outcome| after(Conclusion::Called(outcome), &noted).record.reason.unwrap().message;
    assert_eq!(said(Outcome::DONE), "It ends two.");
    assert_eq!(said(Outcome::already("It was so.")), "It was so. It ends two.");
    assert_eq!(said(Setback::transient("It is down.").into()), "It is down.");
}

#[test]
fn what_an_attempt_did_before_it_failed_is_said_by_the_success_that_follows() {
    let (job, schedule) = (job(), schedule());
    let note = "`phone` was rejected and left out.";
    let failed = Setback::transient("It is down.").map_reason(|reason| reason.note(note));
    let next = |outcome: Outcome, before: Option<&JobRecord>| {
        after(Conclusion::Called(outcome), &attempt(&job, before, &schedule)).record
    };
    let first = next(failed.into(), None);
    assert_eq!(first.reason, Some(Reason::new("It is down.")));
    let second = next(Setback::reconnect("No.", "Reconnect.").into(), Some(&first));
    for (outcome, said) in [
        (Outcome::DONE, note.to_owned()),
        (Outcome::already("It was so."), format!("It was so. {note}")),
        (Outcome::already(note), note.to_owned()),
    ] {
        let ended = next(outcome, Some(&second));
        assert_eq!((ended.reason.unwrap().message, ended.note), (said, None));
    }
}

#[test]
fn a_rate_limit_is_never_in_the_past_and_never_beyond_a_day() {
    let next = |until| called(Setback::rate_limited(until, "slow"), 0).record.next_attempt;
    let day = NOW + SignedDuration::from_hours(24);
    assert_eq!(next(second(-1)), Some(NOW));
    assert_eq!(next(day), Some(day));
    assert_eq!(next(day + SignedDuration::from_secs(1)), Some(day));
    assert_eq!(next(Timestamp::MAX), Some(day));
}

#[test]
fn a_rate_limit_that_outlasts_the_whole_schedule_spends_attempts_and_ends_with_the_apps_answer() {
    // The schedule takes 65 s, in two waits.
    for (ago, step, status, spent) in [
        (65, 2, Status::RateLimited, 0),
        (66, 0, Status::RateLimited, 1),
        (66, 1, Status::RateLimited, 1),
        (66, 2, Status::Exhausted, 1),
    ] {
        let before =
            record(&json!({ "status": "rate_limited", "attempts": 0, "step": step, "since": second(-ago) }));
        let limited = Setback::rate_limited(second(9), "Kit answered 403: blocked.");
        let After { record, .. } =
            after(Conclusion::Called(limited.into()), &attempt(&job(), Some(&before), &schedule()));
        assert_eq!((record.status, record.since), (status, before.since), "{ago} {step}");
        assert!(record.reason.unwrap().message.starts_with("Kit answered 403: blocked."));
        assert_eq!((record.attempts, record.step), (spent, step + spent), "{ago} {step}");
    }
}

#[test]
fn a_call_without_a_request_is_no_attempt_and_ends_when_the_schedule_has_passed_and_no_wait_is_left() {
    let transient = || Outcome::from(Setback::transient("It took too long."));
    let limited = || Outcome::from(Setback::rate_limited(second(9), "It took too long."));
    // The schedule takes 65 s, in two waits. The last wait is repeated, so that the last attempt is a call.
    for (outcome, ago, step, status, next_step, next_attempt) in [
        (transient(), 0, 0, Status::Retrying, 1, Some(second(5))),
        (transient(), 5, 1, Status::Retrying, 2, Some(second(60))),
        (transient(), 65, 2, Status::Retrying, 2, Some(second(60))),
        (transient(), 66, 0, Status::Retrying, 1, Some(second(5))),
        (transient(), 66, 2, Status::Exhausted, 2, None),
        (limited(), 65, 2, Status::RateLimited, 2, Some(second(9))),
        (limited(), 66, 0, Status::RateLimited, 1, Some(second(9))),
        (limited(), 66, 2, Status::Exhausted, 2, None),
    ] {
        let before = record(&json!({ "step": step, "since": second(-ago), "reason": null }));
        let conclusion = Conclusion::of_call(outcome, 0);
        let After { record, .. } = after(conclusion, &attempt(&job(), Some(&before), &schedule()));
        assert_eq!((record.status, record.next_attempt), (status, next_attempt), "{ago} {step}");
        assert_eq!((record.attempts, record.step), (1, next_step), "{ago} {step}");
        assert_eq!(record.reason, Some(Reason::new("It took too long.")));
    }
    // Any other outcome, and any outcome of a request, is the result of the call.
    let rejected = || Outcome::from(Setback::rejected(Fix::Rule, "No.", "Edit the rule."));
    for (outcome, requests) in [(Outcome::DONE, 0), (rejected(), 0), (transient(), 1), (limited(), 1)] {
        assert_eq!(Conclusion::of_call(outcome.clone(), requests), Conclusion::Called(outcome));
    }
}

#[test]
fn a_wait_for_the_circuit_breaker_advances_on_the_schedule_and_spends_no_attempt() {
    let before = record(&json!({ "attempts": 1, "step": 1 }));
    for (earliest, next) in [(second(30), second(60)), (second(900), second(900)), (NOW, second(60))] {
        let After { record, .. } = waits(Until::Scheduled(earliest), Some(&before));
        assert_eq!((record.attempts, record.step, record.next_attempt), (1, 2, Some(next)));
        // A later wait keeps the reason, because it names no time.
        assert_eq!(record.reason.unwrap().message, "It is not its turn.");
    }
}

#[test]
fn a_wait_for_a_time_changes_no_number_and_says_what_went_wrong_before() {
    let before = record(&json!({ "attempts": 1, "step": 2 }));
    let After { record: next, .. } = waits(Until::Time(second(9)), Some(&before));
    assert_eq!((next.attempts, next.step, next.next_attempt), (1, 2, Some(second(9))));
    assert_eq!(next.reason.unwrap().message, "It is down.");
    assert_eq!((next.token.as_str(), next.history.len()), ("t2", 0));
    for (status, said) in [("held", "It is not its turn."), ("rate_limited", "It is down.")] {
        let before = record(&json!({ "status": status }));
        assert_eq!(waits(Until::Time(second(9)), Some(&before)).record.reason.unwrap().message, said);
    }
}

#[test]
fn a_job_that_holds_no_claim_leaves_the_token_that_its_record_has() {
    let (job, before, schedule) = (job(), record(&json!({})), schedule());
    for (before, token) in [(Some(&before), "t1"), (None, "")] {
        let attempt = Circumstances { token: None, ..attempt(&job, before, &schedule) };
        let wait = Wait { until: Until::Resume, status: Status::Held, reason: Reason::new("It is paused.") };
        let After { record, place, .. } = after(Conclusion::Waits(wait), &attempt);
        assert_eq!((record.token.as_str(), place), (token, Place::Resume));
    }
}

#[test]
fn a_new_run_counts_from_the_beginning() {
    let before = record(&json!({ "attempts": 9, "step": 9, "status": "exhausted", "since": second(-900) }));
    let (rerun, schedule) = (rerun(true), schedule());
    let After { record, .. } = after(
        Conclusion::Called(Setback::transient("down").into()),
        &attempt(&rerun, Some(&before), &schedule),
    );
    assert_eq!((record.attempts, record.step, record.since), (1, 1, NOW));
    assert_eq!(record.run, rerun.rerun.map(|again| again.run));
    assert_eq!(record.history.len(), 1);
}

#[test]
fn a_short_wait_is_on_the_queue_and_its_message_counts_as_lost_a_quarter_of_an_hour_after_it() {
    let place = |until, receives| {
        let (job, schedule) = (job(), schedule());
        let wait =
            Wait { until: Until::Time(until), status: Status::Retrying, reason: Reason::new("It waits.") };
        after(Conclusion::Waits(wait), &Circumstances { receives, ..attempt(&job, None, &schedule) }).place
    };
    let queue = |wait, lost_at| Place::Queue { wait: Duration::from_secs(wait), lost_at: second(lost_at) };
    assert_eq!(place(second(90), 1), queue(90, 990));
    assert_eq!(place(second(-5), 2), queue(1, 895));
    assert_eq!(place(second(91), 1), Place::Table(second(91)));
    assert_eq!(place(second(5), 3), Place::Table(second(5)));
}

#[test]
fn no_clock_is_too_late_to_wait() {
    let (job, schedule) = (job(), Schedule::default());
    for setback in [Setback::transient("down"), Setback::rate_limited(Timestamp::MIN, "slow")] {
        let attempt = Circumstances { now: Timestamp::MAX, jitter: 1.0, ..attempt(&job, None, &schedule) };
        let After { record, .. } = after(Conclusion::Called(setback.into()), &attempt);
        assert_eq!(record.next_attempt, Some(Timestamp::MAX));
    }
}

#[test]
fn a_history_keeps_its_latest_entries() {
    let entry = json!({ "at": NOW, "status": "rate_limited", "message": "slow" });
    let before = record(&json!({ "history": vec![entry; 25] }));
    let After { record, .. } =
        after(Conclusion::Called(Outcome::DONE), &attempt(&job(), Some(&before), &schedule()));
    assert_eq!(record.history.len(), 25);
    assert_eq!(record.history.last().unwrap().status, Status::Performed);
}
