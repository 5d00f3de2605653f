//! The ways in which the guarantee was broken once, each as short as possible.

use std::time::Duration;

use domain::admission::Place;
use domain::integration::{Ciphertext, Integration};
use domain::intent::Intent;
use domain::log::{JobRecord, Status};

use super::facts::FactSpec;
use super::history::Mood::{Busy, Down, Fine, Late, Refuses, RefusesCredentials, TableFails, Unsent};
use super::history::Step::{
    self, Crash, Delete, Deliver, Edit, Lose, Pass, Pause, Perform, Publish, Reconnect, Repeat, Replay,
    Resume, Sweep, Switch, Work,
};
use super::history::{History, LEASE, SHORT_LEASE};
use super::world::World;
use super::{broken, run, shop};

/// A purchase subscribes its buyer.
const ONE: &[usize] = &[0];
/// A purchase subscribes its buyer by two triggers. The order's job is sent first.
const TWICE: &[usize] = &[0, 8];
/// Two triggers of a purchase ask for opposite things. The removal's job is sent first.
const OPPOSITE: &[usize] = &[0, 9];
/// A refund unsubscribes the buyer.
const WITH_REFUND: &[usize] = &[0, 1];

fn history(facts: &[FactSpec], rules: &'static [usize], lease: Duration, steps: &[Step]) -> History {
    let published = (0..facts.len()).map(|fact| Publish { fact, dies: false });
    let steps = published.chain(steps.iter().copied()).collect();
    History { facts: facts.to_vec(), steps, rules, lease, outage: None }
}

fn purchase() -> Vec<FactSpec> {
    vec![FactSpec::purchase(0, -10)]
}

/// Checks every invariant.
fn live(facts: &[FactSpec], rules: &'static [usize], lease: Duration, steps: &[Step]) {
    let run = run(&history(facts, rules, lease, steps), true);
    assert!(run.holds(), "{:?}: {:#?}", run.violation, run.timeline);
}

fn world(facts: &[FactSpec], rules: &'static [usize], lease: Duration, steps: &[Step]) -> World {
    let history = history(facts, rules, lease, steps);
    let mut world = World::new(&history, true);
    history.steps.iter().for_each(|step| world.play(*step));
    world
}

/// Plays steps with one job.
fn alone(steps: &[Step]) -> World {
    world(&purchase(), ONE, SHORT_LEASE, steps)
}

fn record(world: &World, job: usize) -> (JobRecord, Place) {
    let job = world.shared.state.borrow().jobs[job].clone();
    world.stands(&job).unwrap()
}

/// The statuses in the only job's history, and the number of calls.
fn told(world: &World) -> (Vec<Status>, u32) {
    assert_eq!(world.shared.broken(), None);
    let (record, _) = record(world, 0);
    (record.history.iter().map(|entry| entry.status).collect(), world.shared.state.borrow().calls[0])
}

fn account(world: &World) -> Integration {
    let list = &shop::accounts()[0];
    world.shared.table.stored(&list.marketplace, &list.id).unwrap()
}

#[test]
fn jobs_of_two_facts_of_one_instant_do_not_take_turns() {
    let facts = [FactSpec::refund(0, -10), FactSpec::purchase(1, -10)];
    live(&facts, WITH_REFUND, LEASE, &[Perform(0, Fine), Perform(0, Fine)]);
}

#[test]
fn a_job_that_waits_in_the_queue_is_not_lost_when_it_must_wait_for_anothers_turn() {
    let steps = [
        // The first is retried in 5 s, and its message waits in the queue.
        Perform(0, Down),
        Pass(5),
        // The second takes over and has to wait for two minutes.
        Perform(1, Busy),
        // Then the first waits in the table too.
        Perform(0, Fine),
    ];
    live(&purchase(), TWICE, LEASE, &steps);
}

#[test]
fn a_worker_that_paused_past_its_lease_does_not_repeat_the_action_of_a_repeated_fact() {
    let steps = [
        Deliver(0),
        Work(0, 1, Fine),
        Work(0, 2, Fine),
        Pass(12),
        Repeat(0),
        Deliver(0),
        Pass(12),
        Work(1, 6, Fine),
        Work(0, 3, Fine),
        Deliver(0),
    ];
    live(&purchase(), ONE, SHORT_LEASE, &steps);
}

#[test]
fn a_job_that_was_held_when_its_worker_died_is_performed_once() {
    let steps = [
        Deliver(0),
        // Its credentials are refused. It is held, and its message is not deleted.
        Work(0, 7, RefusesCredentials),
        Crash(0),
        Reconnect(0),
        Pass(181),
        // The message that was not sent from the table comes first.
        Perform(0, Fine),
    ];
    live(&purchase(), ONE, LEASE, &steps);
}

#[test]
fn a_job_that_was_rejected_stays_so_when_its_message_returns() {
    let steps = [Repeat(0), Perform(0, Refuses), Perform(0, Refuses), Perform(0, Fine)];
    live(&purchase(), TWICE, LEASE, &steps);
}

#[test]
fn a_worker_that_is_late_for_its_call_does_not_call() {
    let steps = [
        // The addition.
        Deliver(1),
        Work(0, 1, Fine),
        Pass(12),
        // It claims.
        Work(0, 2, Fine),
        Pass(12),
        Perform(0, Fine),
    ];
    live(&purchase(), OPPOSITE, SHORT_LEASE, &steps);
}

#[test]
fn a_job_that_two_workers_performed_is_not_performed_by_another_rules_job_as_well() {
    let steps = [
        Repeat(0),
        // The first worker calls and outlives its lease.
        Deliver(0),
        Work(0, 4, Fine),
        Pass(12),
        Pass(12),
        // The second worker, with the repeated message, takes over and calls.
        Deliver(1),
        Work(1, 7, Fine),
        // The first writes its record; the second can no longer write.
        Work(0, 2, Fine),
        Work(0, 2, Fine),
    ];
    live(&purchase(), TWICE, SHORT_LEASE, &steps);
}

#[test]
fn a_worker_that_has_no_time_for_a_call_releases_its_claim() {
    let world = alone(&[
        Deliver(0),
        Work(0, 1, Fine),
        Pass(15),
        // It claims with a second left, releases the claim, and its message returns in five seconds.
        Work(0, 5, Fine),
        Pass(5),
        Perform(0, Fine),
    ]);
    assert_eq!(told(&world), (vec![Status::Performed], 1));
}

#[test]
fn a_refusal_of_credentials_that_were_replaced_since_is_retried_at_once_and_not_reported() {
    let mut world = alone(&[Deliver(0), Work(0, 4, RefusesCredentials)]);
    let credentials = Ciphertext("new".to_owned());
    world.shared.table.save(Integration { credentials, ..account(&world) });
    for step in [Work(0, 6, Fine), Pass(1), Perform(0, Fine)] {
        world.play(step);
    }
    assert_eq!(told(&world), (vec![Status::Performed], 2));
}

#[test]
fn a_second_message_of_a_held_job_leaves_the_job_held() {
    let steps = || (0..8).flat_map(|first| (0..8).map(move |second| (first, second)));
    let failed_before = [Perform(0, Down), Pass(5)];
    let cases = [&[], &failed_before[..]].into_iter().flat_map(|before| steps().map(move |it| (before, it)));
    for (before, (first, second)) in cases {
        let refused = RefusesCredentials;
        let both = [Repeat(0), Deliver(0), Deliver(0)];
        let mut world = alone(&[before, &both].concat());
        for (worker, steps) in [(0, first), (1, second), (0, 20)] {
            world.play(Work(worker, steps, refused));
        }
        while world.workers() > 0 {
            world.step(0, refused);
        }
        let (record, place) = record(&world, 0);
        assert_eq!((record.status, place), (Status::Held, Place::Reconnect), "{before:?} {first} {second}");
    }
}

#[test]
fn a_job_that_waits_for_its_next_attempt_is_canceled_if_its_rule_is_disabled() {
    let world = alone(&[Perform(0, Down), Switch(0), Pass(5), Perform(0, Fine)]);
    assert_eq!(told(&world), (vec![Status::Retrying, Status::Canceled], 1));
}

#[test]
fn a_job_that_waited_on_its_queue_before_its_first_attempt_is_compared_with_its_rule() {
    let in_time = alone(&[Pass(60), Switch(0), Perform(0, Fine)]);
    let late = alone(&[Pass(61), Edit(0), Perform(0, Fine)]);
    assert_eq!(told(&in_time), (vec![Status::Performed], 1), "its rule was read a moment ago");
    assert_eq!(told(&late), (vec![Status::Canceled], 0));
}

#[test]
fn a_job_of_a_deleted_account_is_rejected_for_that_although_a_worker_has_the_account_in_its_cache() {
    // The second message makes the sandbox perform the job that has the account in its cache.
    let cached = [Perform(0, Down), Repeat(0), Delete(0)];
    // The rules are disabled when the account is deleted again.
    for later in [[Delete(0), Pass(5)], [Pass(5), Delete(0)]] {
        let world = alone(&[&cached[..], &later, &[Perform(0, Fine)]].concat());
        assert_eq!(told(&world), (vec![Status::Retrying, Status::Rejected], 1));
    }
}

#[test]
fn a_call_without_a_request_spends_no_attempt_and_the_last_attempt_is_a_call() {
    let mut world = alone(&[]);
    for wait in [5, 60, 300, 300, 300, 300] {
        for step in [Perform(0, Unsent), Pass(wait), Sweep { dies: false }] {
            world.play(step);
        }
    }
    let short = |world: &World| record(world, 0).0;
    assert_eq!((short(&world).status, short(&world).attempts), (Status::Retrying, 0));
    world.play(Perform(0, Down));
    assert_eq!((short(&world).status, short(&world).attempts), (Status::Exhausted, 1));
    assert_eq!(told(&world).1, 1);
}

#[test]
fn a_job_whose_calls_never_send_a_request_ends() {
    let mut world = alone(&[]);
    for _ in 0..20 {
        for step in [Perform(0, Unsent), Pass(400), Sweep { dies: false }] {
            world.play(step);
        }
    }
    let (record, _) = record(&world, 0);
    assert_eq!((record.status, record.attempts), (Status::Exhausted, 0));
    assert!(record.reason.unwrap().message.starts_with("No request was sent."));
}

#[test]
fn a_job_that_waits_is_performed_with_its_rules_current_settings() {
    let mut world = alone(&[Perform(0, Down), Pass(5)]);
    world.shared.state.borrow_mut().rules[0].settings.0.insert("double_opt_in".to_owned(), true.into());
    world.play(Perform(0, Fine));
    assert_eq!(told(&world), (vec![Status::Retrying, Status::Performed], 2));
    let mut calls = world.into_run(None).timeline.into_iter().filter(|line| line.contains("calls the app"));
    assert!(calls.next_back().unwrap().contains("double_opt_in"));
}

/// Purchases of as many buyers: their jobs are independent of each other.
fn apart(count: usize) -> Vec<FactSpec> {
    (0..count).map(|nth| FactSpec::purchase(nth, -10).of(nth)).collect()
}

#[test]
fn a_job_that_meets_a_probe_waits_for_its_result_and_keeps_its_place_on_the_schedule() {
    let mut world = world(&apart(12), ONE, LEASE, &[Perform(0, Down); 10]);
    // Neither sandbox has the account in its cache.
    world.play(Pass(61));
    // Two are admitted as the probe. The first takes it, and has no response yet when the second tries to take it.
    let deliver = |world: &mut World, job| {
        let place = world.queue_of(job);
        assert!(world.deliver(place));
    };
    deliver(&mut world, 10);
    deliver(&mut world, 11);
    for worker in [0, 0, 0, 1, 1, 1] {
        world.step(worker, Fine);
    }
    let until = |world: &World| account(world).health.open_until;
    let opened = until(&world);
    while until(&world) == opened {
        world.step(0, Fine);
    }
    while world.workers() > 1 {
        world.step(1, Fine);
    }
    let (record, _) = record(&world, 11);
    assert_eq!((record.attempts, record.step, record.next_attempt), (0, 0, until(&world)));
}

#[test]
fn a_job_whose_message_is_lost_while_it_waits_is_sent_again() {
    let mut world = alone(&[Perform(0, Down), Lose(0)]);
    assert!(!world.deliver(0));
    for step in [Pass(904), Sweep { dies: false }] {
        world.play(step);
    }
    assert!(!world.deliver(0), "it may still return");
    for step in [Pass(1), Sweep { dies: false }, Perform(0, Fine)] {
        world.play(step);
    }
    assert_eq!(told(&world), (vec![Status::Retrying, Status::Performed], 2));
}

#[test]
fn an_app_that_never_stops_limiting_calls_ends_every_job_with_its_answer() {
    let mut world = world(&apart(3), ONE, LEASE, &[]);
    // The schedule takes 1,265 s, and each response asks for 120 s.
    for _ in 0..80 {
        (0..3).for_each(|_| world.play(Perform(0, Busy)));
        for step in [Pass(61), Sweep { dies: false }] {
            world.play(step);
        }
    }
    for job in 0..3 {
        let (record, _) = record(&world, job);
        assert_eq!((record.status, record.attempts), (Status::Exhausted, 7), "{record:?}");
        assert!(record.reason.unwrap().message.starts_with("as it is"));
    }
}

#[test]
fn jobs_that_meet_an_open_circuit_breaker_are_not_exhausted_without_a_call() {
    // The app is down: ten jobs fail, and the others meet the open circuit breaker.
    let mut world = world(&apart(60), ONE, LEASE, &[Perform(0, Down); 60]);
    // Each time it is half-open, the app responds slowly to the probe, and the others meet the probe in progress.
    for _ in 0..8 {
        for step in [Pass(901), Sweep { dies: false }, Deliver(0)] {
            world.play(step);
        }
        while account(&world).health.open_until.is_some_and(|until| until <= world.shared.now()) {
            world.step(0, Fine);
        }
        while world.deliver(0) {
            let last = world.workers() - 1;
            while world.workers() > last {
                world.step(last, Fine);
            }
        }
        world.play(Crash(0));
    }
    assert!(world.settles());
    for job in 0..60 {
        assert_eq!(record(&world, job).0.status, Status::Performed);
    }
}

#[test]
fn a_waiting_purchase_continues_if_a_newer_one_was_rejected() {
    let facts = [FactSpec::purchase(0, -20), FactSpec::purchase(1, -10)];
    // The first fails temporarily. The second, which is newer, is rejected for good.
    let mut world = world(&facts, ONE, LEASE, &[Perform(0, Down), Perform(0, Refuses)]);
    assert!(world.settles(), "a job or message waits for ever");
    let switch = world.shared.state.borrow().switches.values().next().copied();
    assert_eq!(switch, Some(Intent::On), "the first purchase gives access");
    assert_eq!(broken(&world), None);
}

#[test]
fn a_newer_action_that_was_canceled_does_not_supersede_an_older_one_while_its_second_message_looks() {
    // Two rules grant one offer.
    let facts = [FactSpec::purchase(0, -20).with(1), FactSpec::purchase(1, -10)];
    let steps = [
        Perform(0, Down),
        Edit(0),
        Replay { fact: 1, forced: false },
        // The newer message is new: its rule is not read.
        Deliver(0),
        // The replay's message cancels the newer job.
        Perform(0, Fine),
        // The first message takes the claim over, and has not read the record again yet.
        Work(0, 5, Fine),
        Pass(5),
        Perform(0, Fine),
    ];
    let mut world = world(&facts, &[2, 3], LEASE, &steps);
    assert!(world.settles());
    assert_eq!(record(&world, 0).0.status, Status::Performed);
    assert_eq!(record(&world, 1).0.status, Status::Canceled);
    assert_eq!(broken(&world), None);
}

#[test]
fn a_job_that_an_app_limited_is_not_called_earlier_because_the_app_was_paused() {
    let steps = [
        Repeat(0),
        // One sandbox reads the account before the app names a time, and then the table fails.
        Deliver(0),
        Work(0, 2, Fine),
        Work(0, 9, TableFails),
        Perform(0, Busy),
        Pause(0),
        Pass(5),
        // The first message returns while the app is paused.
        Perform(0, Fine),
        Resume(0),
        // The sandbox that has the account in its cache.
        Perform(0, Fine),
    ];
    live(&purchase(), ONE, LEASE, &steps);
}

#[test]
fn a_success_stays_in_the_log_although_its_forced_rerun_is_canceled() {
    let rerun = [Perform(0, Fine), Replay { fact: 0, forced: true }, Switch(0)];
    // It waits before it is canceled.
    let waits = [Perform(0, Fine), Replay { fact: 0, forced: true }, Perform(0, Down), Switch(0), Pass(5)];
    for (steps, calls) in [(&rerun[..], 1), (&waits, 2)] {
        let steps = [steps, &[Perform(0, Fine)]].concat();
        let world = alone(&steps);
        let (record, place) = record(&world, 0);
        assert_eq!((record.status, place), (Status::Performed, Place::Nowhere), "{record:?}");
        assert_eq!(record.history.last().map(|last| last.status), Some(Status::Canceled));
        assert_eq!(told(&world).1, calls);
        live(&purchase(), ONE, SHORT_LEASE, &steps);
    }
}

#[test]
fn an_app_that_carries_out_a_request_after_it_was_given_up_undoes_a_newer_change() {
    let facts = [FactSpec::purchase(0, -20), FactSpec::refund(0, -10)];
    // The addition is given up. The removal is performed, and the addition is superseded.
    let steps = [Perform(0, Late), Perform(0, Fine), Pass(5), Perform(0, Fine)];
    let mut world = world(&facts, WITH_REFUND, LEASE, &steps);
    assert!(world.settles());
    assert_eq!(record(&world, 0).0.status, Status::Superseded);
    assert_eq!(record(&world, 1).0.status, Status::Performed);
    let switch = world.shared.state.borrow().switches.values().next().copied();
    assert_eq!(switch, Some(Intent::On), "the ledger cannot prevent it");
}
