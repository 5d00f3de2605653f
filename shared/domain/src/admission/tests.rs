//! Each of these one-line changes fails a test here, in [`after`], or in `effect::tests`. If you change one of these
//! functions, try another mutation.
//!
//! | In | Change | Caught by |
//! |---|---|---|
//! | `admit` | the last attempt waits for the circuit breaker | `the_last_attempt_is_a_call_…` |
//! | `admit` | a half-open circuit breaker lets every call through | `a_paused_app_an_account_…` |
//! | `admit` | a job calls before the time that its record names | `a_job_waits_for_the_time_…` |
//! | `admit` | a job waits for a limit without end | `a_limit_that_outlasts_…_is_not_waited_for` |
//! | `admit` | refused credentials wait for the operator | `a_paused_app_an_account_…` |
//! | `withdrawn` | a disabled rule cancels nothing | `a_job_whose_rule_no_longer_asks_for_it_…` |
//! | `Progress::of` | a rerun continues the count | `a_new_run_counts_from_the_beginning` |
//! | `after` | a wait for the circuit breaker spends an attempt | `a_wait_for_the_circuit_breaker_…` |
//! | `after` | it does not advance on the schedule | `a_wait_for_the_circuit_breaker_…` |
//! | `after` | a call without a request is an attempt | `a_call_without_a_request_…` |
//! | `after` | a call without a request is repeated without end | `a_call_without_a_request_…` |
//! | `after` | a rate limit never ends | `a_rate_limit_that_outlasts_…` |
//! | `after` | a message on the queue never counts as lost | `a_short_wait_is_on_the_queue_…` |
//! | `after` | a record without a claim loses its token | `a_job_that_holds_no_claim_…` |
//! | `rule` | a lease is ignored | `a_job_goes_on_with_its_own_claim_…` |
//! | `rule` | a job runs before its next attempt | `a_job_goes_on_with_its_own_claim_…` |
//! | `rule` | a newer job that failed and runs again supersedes | `an_older_job_waits_for_a_newer_one_…` |
//! | `order` | an addition counts as later | `removing_counts_as_later_…` |

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::app::App;
use crate::effect::{self, Claim, Conflict, Ruling};
use crate::pause::Note;
use crate::run::{Rerun, RunId};

mod after;

const NOW: Timestamp = Timestamp::constant(1_780_000_000, 0);

fn job() -> Job {
    let job = json!({
        "v": "1", "id": format!("job_{}", "0".repeat(58)), "marketplace": "demo", "integration": "int_1",
        "app": "kit", "rule": "rul_1", "trigger": "product_purchased", "action": "add_tag",
        "settings": { "tag": "VIP" }, "contact": { "email": "Ada@example.com" }, "products": ["sourdough"],
        "effect": { "key": "0".repeat(24), "intent": "on" }, "occurred_at": "2026-05-04T10:00:00Z",
        "ordered_at": "2026-05-04T10:00:00Z",
    });
    serde_json::from_value(job).unwrap()
}

fn rerun(as_sent: bool) -> Job {
    let again = Rerun { run: RunId::new(NOW, "x"), forced: false, as_sent };
    Job { rerun: Some(again), ..job() }
}

/// The record of a job that was tried once, a moment ago, with `fields` replaced.
fn record(fields: &Value) -> JobRecord {
    let mut record = json!({
        "id": format!("job_{}", "0".repeat(58)), "marketplace": "demo", "rule": "rul_1",
        "trigger": "product_purchased", "integration": "int_1", "app": "kit", "action": "add_tag",
        "intent": "on", "email": "ada@example.com", "occurred_at": "2026-05-04T10:00:00Z",
        "updated_at": NOW, "since": NOW, "status": "retrying", "attempts": 1, "step": 1, "token": "t1",
        "reason": { "message": "It is down." },
    });
    let fields = fields.as_object().unwrap().clone();
    record.as_object_mut().unwrap().extend(fields);
    serde_json::from_value(record).unwrap()
}

fn account(connection: &Value, health: &Value) -> Integration {
    let account = json!({
        "id": "int_1", "marketplace": "demo", "app": "kit", "label": "Main", "method": "v4_api_key",
        "connection": connection, "health": health, "credentials": "x", "created_at": NOW, "updated_at": NOW,
    });
    serde_json::from_value(account).unwrap()
}

fn well() -> Integration {
    account(&json!({ "state": "connected" }), &json!({}))
}

fn open(until: Timestamp) -> Integration {
    account(&json!({ "state": "connected" }), &json!({ "failures": 10, "pauses": 1, "open_until": until }))
}

fn rule(fields: &Value) -> Rule {
    let mut rule = json!({
        "id": "rul_1", "marketplace": "demo", "scope": { "kind": "global" }, "trigger": "product_purchased",
        "integration": "int_1", "app": "kit", "action": "add_tag", "settings": { "tag": ["VIP", "Rye"] },
        "use_gift_recipient": true, "enabled": true,
    });
    let fields = fields.as_object().unwrap().clone();
    rule.as_object_mut().unwrap().extend(fields);
    serde_json::from_value(rule).unwrap()
}

fn pause() -> AppPause {
    AppPause { app: App::KIT, note: Note::new("Kit is down").unwrap(), since: NOW }
}

/// A schedule of two waits: the third attempt is the last.
fn schedule() -> Schedule {
    "5,60".parse().unwrap()
}

fn with<T>(job: &Job, account: &Integration, decide: impl FnOnce(View<'_, ()>) -> T) -> T {
    let (schedule, account) = (schedule(), AccountState::Found(account.clone(), ()));
    decide(View {
        job,
        record: None,
        pause: None,
        erased: false,
        account: &account,
        rule: &CurrentRule::Unread,
        limited_until: None,
        schedule: &schedule,
        now: NOW,
    })
}

fn second(seconds: i64) -> Timestamp {
    NOW + SignedDuration::from_secs(seconds)
}

/// A verdict in short: the decision and its time.
fn short(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Call { probe } => format!("call, probe {probe}"),
        Verdict::Drop => "drop".to_owned(),
        Verdict::End(end) => format!("end {}", end.status),
        Verdict::Wait(wait) => format!("wait {} {:?}", wait.status, wait.until),
    }
}

#[test]
fn a_job_calls_where_nothing_is_against_it() {
    assert_eq!(with(&job(), &well(), |view| admit(&view)), Verdict::Call { probe: false });
}

#[test]
fn what_is_over_or_erased_is_dropped_before_anything_else() {
    let (ended, paused) = (record(&json!({ "status": "performed" })), pause());
    let over = with(&job(), &well(), |view| {
        admit(&View { record: Some(&ended), pause: Some(&paused), account: &AccountState::Deleted, ..view })
    });
    let erased = with(&job(), &well(), |view| {
        admit(&View { erased: true, pause: Some(&paused), rule: &CurrentRule::Deleted, ..view })
    });
    assert_eq!([over, erased], [Verdict::Drop, Verdict::Drop]);
}

#[test]
fn a_job_whose_rule_no_longer_asks_for_it_is_canceled_and_says_why() {
    let cases = [
        (None, "deleted"),
        (Some(json!({ "enabled": false })), "disabled"),
        (Some(json!({ "integration": "int_2" })), "another integration"),
        (Some(json!({ "action": "remove_tag" })), "another action"),
        (Some(json!({ "trigger": "checkout_charged" })), "another trigger"),
        (Some(json!({ "scope": { "kind": "products", "products": ["rye"] } })), "other products"),
        (Some(json!({ "use_gift_recipient": false })), "the buyer in place"),
        (Some(json!({ "settings": { "tag": ["Rye"] } })), "another target"),
    ];
    let gifted = Job { gifted: job().products, ..job() };
    let job = Job { gift: true, ..job() };
    let cases = cases.map(|(fields, word)| (&job, fields, word)).into_iter();
    let buyers = (&gifted, Some(json!({ "use_gift_recipient": true })), "recipient in place");
    for (job, fields, word) in cases.chain([buyers]) {
        let current = CurrentRule::from(fields.map(|fields| rule(&fields)));
        // Also if its app is paused: a canceled job must not wait.
        let paused = pause();
        let verdict =
            with(job, &well(), |view| admit(&View { rule: &current, pause: Some(&paused), ..view }));
        let Verdict::End(end) = verdict else { panic!("{word}: {verdict:?}") };
        assert_eq!(end.status, Status::Canceled);
        assert!(end.reason.message.contains(word) && end.reason.hint.is_some(), "{:?}", end.reason);
    }
    let scope = json!({ "kind": "products", "products": ["rye", "sourdough"] });
    for same in [json!({ "settings": { "tag": ["Rye", " vip"] } }), json!({ "scope": scope })] {
        let same = rule(&same);
        let same = CurrentRule::Found(Box::new(same));
        let verdict = with(&job, &well(), |view| admit(&View { rule: &same, ..view }));
        assert_eq!(verdict, Verdict::Call { probe: false });
        assert!(same.current(&job).is_some_and(|job| job.settings.text("tag").is_some()));
    }
}

#[test]
fn a_replay_of_what_was_sent_runs_although_its_rule_is_disabled() {
    let off = CurrentRule::Found(Box::new(rule(&json!({ "enabled": false }))));
    let with_rule = |job: &Job, rule| with(job, &well(), |view| short(&admit(&View { rule, ..view })));
    assert_eq!(with_rule(&rerun(true), &off), "call, probe false");
    assert_eq!(with_rule(&rerun(false), &off), "end canceled");
    assert_eq!(with_rule(&rerun(true), &CurrentRule::Deleted), "end canceled");
}

#[test]
fn a_paused_app_an_account_that_is_gone_or_refused_and_a_limit_are_met_in_that_order() {
    let paused = pause();
    let refused = json!({ "state": "needs_reconnect", "since": NOW, "reason": { "message": "No." } });
    let refused = account(&refused, &json!({ "open_until": second(30) }));
    let mut probed = open(second(30));
    probed.health.probing = true;
    let cases = [
        (Some(&paused), AccountState::Deleted, Some(second(9)), "wait held Resume".to_owned()),
        (None, AccountState::Deleted, Some(second(9)), "end rejected".to_owned()),
        (None, AccountState::Unreadable(well()), Some(second(9)), "wait held Reconnect".to_owned()),
        (None, AccountState::Undecrypted, Some(second(9)), format!("wait retrying Scheduled({NOW})")),
        (None, AccountState::Found(refused, ()), Some(second(9)), "wait held Reconnect".to_owned()),
        (
            None,
            AccountState::Found(well(), ()),
            Some(second(9)),
            format!("wait rate_limited Time({})", second(9)),
        ),
        (
            None,
            AccountState::Found(open(second(30)), ()),
            Some(second(9)),
            format!("wait rate_limited Time({})", second(9)),
        ),
        (
            None,
            AccountState::Found(open(second(30)), ()),
            None,
            format!("wait retrying Scheduled({})", second(30)),
        ),
        (None, AccountState::Found(open(NOW), ()), None, "call, probe true".to_owned()),
        (None, AccountState::Found(probed, ()), None, format!("wait retrying Time({})", second(30))),
    ];
    for (pause, account, limited_until, expected) in cases {
        let verdict =
            with(&job(), &well(), |view| admit(&View { pause, account: &account, limited_until, ..view }));
        assert_eq!(short(&verdict), expected);
    }
}

#[test]
fn a_job_waits_for_the_time_that_its_record_names_also_while_it_would_be_held() {
    let (paused, refused) = (pause(), AccountState::Unreadable(well()));
    let verdict = |job: &Job, fields, pause| {
        let record = record(&fields);
        with(job, &well(), |view| {
            short(&admit(&View { record: Some(&record), pause, account: &refused, ..view }))
        })
    };
    let limited = || json!({ "status": "rate_limited", "next_attempt": second(9) });
    for job in [job(), rerun(false)] {
        for pause in [None, Some(&paused)] {
            assert_eq!(verdict(&job, limited(), pause), format!("wait rate_limited Time({})", second(9)));
        }
        let due = json!({ "status": "rate_limited", "next_attempt": NOW });
        assert_eq!(verdict(&job, due, Some(&paused)), "wait held Resume");
        let scheduled = json!({ "status": "retrying", "next_attempt": second(9) });
        assert_eq!(verdict(&job, scheduled, None), "wait held Reconnect");
    }
}

#[test]
fn the_last_attempt_is_a_call_also_while_the_circuit_breaker_is_open() {
    for (step, expected) in [(0, "wait"), (1, "wait"), (2, "call, probe false"), (9, "call, probe false")] {
        let record = record(&json!({ "step": step, "attempts": 0 }));
        let verdict =
            with(&job(), &open(second(30)), |view| short(&admit(&View { record: Some(&record), ..view })));
        assert!(verdict.starts_with(expected), "{step}: {verdict}");
    }
    // A rerun starts from zero.
    let used_up = record(&json!({ "step": 2, "attempts": 2, "status": "exhausted" }));
    let verdict =
        with(&rerun(true), &open(second(30)), |view| admit(&View { record: Some(&used_up), ..view }));
    assert!(short(&verdict).starts_with("wait"), "{verdict:?}");
}

#[test]
fn a_job_whose_credentials_cannot_be_decrypted_ends_when_the_schedule_has_passed_and_no_wait_is_left() {
    // The schedule takes 65 s, in two waits.
    for (step, ago, expected) in [
        (0, 0, "wait retrying"),
        (2, 65, "wait retrying"),
        (0, 66, "wait retrying"),
        (1, 66, "wait retrying"),
        (2, 66, "end exhausted"),
    ] {
        let record = record(&json!({ "step": step, "since": second(-ago) }));
        let verdict = with(&job(), &well(), |view| {
            short(&admit(&View { record: Some(&record), account: &AccountState::Undecrypted, ..view }))
        });
        assert!(verdict.starts_with(expected), "{step} {ago}: {verdict}");
    }
}

#[test]
fn a_limit_that_outlasts_the_whole_schedule_is_not_waited_for() {
    // The schedule takes 65 s.
    for (ago, expected) in [(0, "wait rate_limited"), (65, "wait rate_limited"), (66, "call, probe false")] {
        let record = record(&json!({ "status": "rate_limited", "since": second(-ago) }));
        let verdict = with(&job(), &well(), |view| {
            short(&admit(&View { record: Some(&record), limited_until: Some(second(9)), ..view }))
        });
        assert!(verdict.starts_with(expected), "{ago}: {verdict}");
    }
}

#[test]
fn the_time_in_a_hold_counts_against_no_limit() {
    let record = record(&json!({ "status": "held", "since": second(-600) }));
    let verdict = with(&job(), &well(), |view| {
        short(&admit(&View { record: Some(&record), limited_until: Some(second(9)), ..view }))
    });
    assert!(verdict.starts_with("wait rate_limited"), "{verdict}");
}

#[test]
fn a_job_looks_at_a_running_holder_again_soon_and_at_a_waiting_one_when_that_is_due() {
    let (job, contender) = (job(), job().contender());
    let claim = Claim::new(contender, "t".to_owned(), second(60));
    let verdict = |ruling| short(&contended(&job, &claim, ruling, NOW).unwrap_err());
    let until = |at| format!("wait retrying Time({at})");
    assert_eq!(verdict(Ruling::Wait(second(60))), until(second(5)));
    assert_eq!(verdict(Ruling::Wait(second(300))), until(second(300)));
    assert_eq!(verdict(Ruling::Ended), "drop");
    assert_eq!(verdict(Ruling::Duplicate(job.id)), "end duplicate");
    let conflict = Conflict { by: contender, over: contender };
    assert_eq!(verdict(Ruling::Superseded(conflict)), "end superseded");
    let crashed = Claim { leased_until: NOW, ..claim.clone() };
    assert!(contended(&job, &crashed, effect::rule(contender, false, &crashed, None, NOW), NOW).is_ok());
}

#[test]
fn only_an_app_that_was_asked_counts_for_its_circuit_breaker() {
    let reason = || Reason::new("why");
    let outcomes = [
        (Outcome::DONE, [None, Some(true)]),
        (Outcome::AlreadySo { note: None }, [None, Some(true)]),
        (Setback::Transient { reason: reason() }.into(), [None, Some(false)]),
        (Setback::PreconditionMissing { reason: reason() }.into(), [None, Some(true)]),
        (Setback::RateLimited { until: NOW, reason: reason() }.into(), [None, Some(true)]),
        (Setback::ReconnectNeeded { reason: reason() }.into(), [None, Some(true)]),
        (Setback::Rejected { reason: reason() }.into(), [None, Some(true)]),
    ];
    for (outcome, expected) in outcomes {
        assert_eq!([answered(&outcome, 0), answered(&outcome, 1)], expected, "{outcome:?}");
    }
}
