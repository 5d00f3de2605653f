//! The ways in which the guarantee was broken once, each as short as possible.

use domain::admission::Place;
use domain::effect::Effect;
use domain::id::EffectKey;
use domain::integration::Ciphertext;
use domain::intent::Intent;
use domain::job::Job;
use domain::log::Status;
use proptest::test_runner::TestCaseError;

use super::model::Event::{
    self, Crash, Deliver, Disable, Disconnect, Lose, Pass, Perform, Reconnect, Repeat, Sweep, Work,
};
use super::model::{LEASE, SHORT_LEASE, holds, live, play, settles};
use super::world::Mood::{Busy, Down, Fine, Refuses, RefusesCredentials, Unsent};
use super::world::{World, job};

type Held = Result<(), TestCaseError>;

fn both(first: Intent, second: Intent) -> [Job; 2] {
    [job(1, 10, first, 1), job(1, 10, second, 2)]
}

#[test]
fn jobs_of_two_facts_of_one_instant_do_not_take_turns() -> Held {
    let jobs = [job(1, 10, Intent::Off, 1), job(2, 10, Intent::On, 1)];
    live(&jobs, &[Perform(0, Fine), Perform(0, Fine)], LEASE)
}

#[test]
fn a_job_that_waits_in_the_queue_is_not_lost_when_it_must_wait_for_anothers_turn() -> Held {
    let events = [
        // The first is retried in 5 s, and its message waits in the queue.
        Perform(0, Down),
        Pass(5),
        // The second takes over and has to wait for two minutes.
        Perform(1, Busy),
        // Then the first waits in the table too.
        Perform(0, Fine),
    ];
    live(&both(Intent::On, Intent::On), &events, LEASE)
}

#[test]
fn a_worker_that_paused_past_its_lease_does_not_repeat_the_action_of_a_repeated_fact() -> Held {
    let events = [
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
    live(&both(Intent::Off, Intent::Off)[..1], &events, SHORT_LEASE)
}

#[test]
fn a_job_that_was_held_when_its_worker_died_is_performed_once() -> Held {
    let events = [
        Deliver(0),
        // Its credentials are refused. It is held, and its message is not deleted.
        Work(0, 7, RefusesCredentials),
        Crash(0),
        Reconnect,
        Pass(181),
        // The message that was not sent from the table comes first.
        Perform(0, Fine),
    ];
    live(&both(Intent::On, Intent::On)[..1], &events, LEASE)
}

#[test]
fn a_job_that_was_rejected_stays_so_when_its_message_returns() -> Held {
    let events = [Perform(0, Refuses), Perform(0, Refuses), Repeat(0), Perform(0, Fine)];
    live(&both(Intent::On, Intent::On), &events, LEASE)
}

#[test]
fn a_worker_that_is_late_for_its_call_does_not_call() -> Held {
    let events = [
        Deliver(0),
        Work(0, 1, Fine),
        Pass(12),
        // It claims.
        Work(0, 2, Fine),
        Pass(12),
        Perform(0, Fine),
    ];
    live(&both(Intent::On, Intent::Off), &events, SHORT_LEASE)
}

#[test]
fn a_job_that_two_workers_performed_is_not_performed_by_another_rules_job_as_well() -> Held {
    let events = [
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
    live(&both(Intent::On, Intent::On), &events, SHORT_LEASE)
}

/// Performs events with one job.
fn alone(events: &[Event]) -> World {
    let mut world = World::new(&both(Intent::On, Intent::On)[..1], SHORT_LEASE);
    for event in events {
        play(&mut world, event);
    }
    world
}

/// The statuses in the only job's history, and the number of calls.
fn told(world: &World) -> (Vec<Status>, u32) {
    let (record, _) = world.stands(&world.shared.jobs[0]).unwrap();
    (record.history.iter().map(|entry| entry.status).collect(), world.shared.state.borrow().calls[0])
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
    world.shared.state.borrow_mut().account.credentials = Ciphertext("new".to_owned());
    for event in [Work(0, 6, Fine), Pass(1), Perform(0, Fine)] {
        play(&mut world, &event);
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
            play(&mut world, &Work(worker, steps, refused));
        }
        while world.workers() > 0 {
            world.step(0, refused);
        }
        let (record, place) = world.stands(&world.shared.jobs[0]).unwrap();
        assert_eq!((record.status, place), (Status::Held, Place::Reconnect), "{before:?} {first} {second}");
    }
}

#[test]
fn a_job_that_waits_for_its_next_attempt_is_canceled_if_its_rule_is_disabled() {
    let world = alone(&[Perform(0, Down), Disable, Pass(5), Perform(0, Fine)]);
    assert_eq!(told(&world), (vec![Status::Retrying, Status::Canceled], 1));
}

#[test]
fn a_job_that_waited_on_its_queue_before_its_first_attempt_is_compared_with_its_rule() {
    let mut world = alone(&[Pass(60)]);
    world.shared.state.borrow_mut().rule.enabled = false;
    let mut late = alone(&[Pass(61)]);
    late.shared.state.borrow_mut().rule.settings.0["list_id"] = "new".into();
    for world in [&mut world, &mut late] {
        play(world, &Perform(0, Fine));
    }
    assert_eq!(told(&world), (vec![Status::Performed], 1), "its rule was read a moment ago");
    assert_eq!(told(&late), (vec![Status::Canceled], 0));
}

#[test]
fn a_job_of_a_deleted_account_is_rejected_for_that_although_a_worker_has_the_account_in_its_cache() {
    let world = alone(&[Perform(0, Down), Disconnect { cached: true }, Pass(5), Perform(0, Fine)]);
    assert_eq!(told(&world), (vec![Status::Retrying, Status::Rejected], 1));
}

#[test]
fn a_call_without_a_request_spends_no_attempt_and_the_last_attempt_is_a_call() {
    let mut world = alone(&[]);
    for wait in [5, 60, 300, 300, 300, 300] {
        play(&mut world, &Perform(0, Unsent));
        world.advance(wait);
        world.sweep(false);
    }
    let record = |world: &World| world.stands(&world.shared.jobs[0]).unwrap().0;
    assert_eq!((record(&world).status, record(&world).attempts), (Status::Retrying, 0));
    play(&mut world, &Perform(0, Down));
    assert_eq!((record(&world).status, record(&world).attempts), (Status::Exhausted, 1));
    assert_eq!(told(&world).1, 1);
}

#[test]
fn a_job_whose_calls_never_send_a_request_ends() {
    let mut world = alone(&[]);
    for _ in 0..20 {
        play(&mut world, &Perform(0, Unsent));
        world.advance(400);
        world.sweep(false);
    }
    let (record, _) = world.stands(&world.shared.jobs[0]).unwrap();
    assert_eq!((record.status, record.attempts), (Status::Exhausted, 0));
    assert!(record.reason.unwrap().message.starts_with("No request was sent."));
}

#[test]
fn a_job_that_waits_is_performed_with_its_rules_current_settings() {
    let mut world = alone(&[Perform(0, Down), Pass(5)]);
    world.shared.state.borrow_mut().rule.settings.0.insert("double_opt_in".to_owned(), true.into());
    play(&mut world, &Perform(0, Fine));
    assert_eq!(told(&world), (vec![Status::Retrying, Status::Performed], 2));
    assert!(world.shared.state.borrow().settings.flag("double_opt_in"));
}

#[test]
fn a_job_that_meets_a_probe_waits_for_its_result_and_keeps_its_place_on_the_schedule() {
    let jobs = apart(12);
    let mut world = World::new(&jobs, LEASE);
    (0..10).for_each(|_| play(&mut world, &Perform(0, Down)));
    world.advance(30);
    // Two are admitted as the probe. The first takes it, and has no response yet when the second tries to take it.
    assert!(world.deliver(10) && world.deliver(10));
    for worker in [0, 0, 1, 1] {
        world.step(worker, Fine);
    }
    let until = |world: &World| world.shared.state.borrow().account.health.open_until;
    let opened = until(&world);
    while until(&world) == opened {
        world.step(0, Fine);
    }
    while world.workers() > 1 {
        world.step(1, Fine);
    }
    let (record, _) = world.stands(&jobs[11]).unwrap();
    assert_eq!((record.attempts, record.step, record.next_attempt), (0, 0, until(&world)));
}

#[test]
fn a_job_whose_message_is_lost_while_it_waits_is_sent_again() {
    let mut world = alone(&[Perform(0, Down), Lose(0)]);
    assert!(world.queue.is_empty());
    for event in [Pass(904), Sweep { dies: false }] {
        play(&mut world, &event);
    }
    assert!(world.queue.is_empty(), "it may still return");
    for event in [Pass(1), Sweep { dies: false }, Perform(0, Fine)] {
        play(&mut world, &event);
    }
    assert_eq!(told(&world), (vec![Status::Retrying, Status::Performed], 2));
}

/// Jobs that are independent of each other.
fn apart(count: u8) -> Vec<Job> {
    let each = |n: u8| {
        let job = job(n, 10, Intent::On, 1);
        let effect = Effect { key: EffectKey::of(&[&n.to_string()]), ..job.effect };
        Job { effect, ..job }
    };
    (0..count).map(each).collect()
}

#[test]
fn an_app_that_never_stops_limiting_calls_ends_every_job_with_its_answer() {
    let jobs = apart(3);
    let mut world = World::new(&jobs, LEASE);
    // The schedule takes 1,265 s, and each response asks for 120 s.
    for _ in 0..80 {
        (0..3).for_each(|_| play(&mut world, &Perform(0, Busy)));
        world.advance(61);
        world.sweep(false);
    }
    for job in &jobs {
        let (record, _) = world.stands(job).unwrap();
        assert_eq!((record.status, record.attempts), (Status::Exhausted, 7), "{record:?}");
        assert!(record.reason.unwrap().message.starts_with("as it is"));
    }
}

#[test]
fn jobs_that_meet_an_open_circuit_breaker_are_not_exhausted_without_a_call() {
    let jobs = apart(60);
    let mut world = World::new(&jobs, LEASE);
    // The app is down: ten jobs fail, and the others meet the open circuit breaker.
    (0..60).for_each(|_| play(&mut world, &Perform(0, Down)));
    // Each time it is half-open, the app responds slowly to the probe, and the others meet the probe in progress.
    for _ in 0..8 {
        world.advance(901);
        world.sweep(false);
        world.deliver(0);
        while world.shared.state.borrow().account.health.open_until.is_some_and(|until| until <= world.now())
        {
            world.step(0, Fine);
        }
        while world.deliver(0) {
            let last = world.workers() - 1;
            while world.workers() > last {
                world.step(last, Fine);
            }
        }
        world.crash(0);
    }
    assert!(settles(&mut world));
    for job in &jobs {
        assert_eq!(world.stands(job).map(|(record, _)| record.status), Some(Status::Performed));
    }
}

#[test]
fn a_waiting_purchase_continues_if_a_newer_one_was_rejected() -> Held {
    let mut world = World::new(&[job(1, 10, Intent::On, 1), job(2, 20, Intent::On, 1)], LEASE);
    // The first fails temporarily. The second, which is newer, is rejected for good.
    for (nth, mood) in [(0, Down), (0, Refuses)] {
        play(&mut world, &Perform(nth, mood));
    }
    assert!(settles(&mut world), "a job or message waits for ever");
    let switch = world.shared.state.borrow().switches.values().next().copied();
    assert_eq!(switch, Some(Intent::On), "the first purchase gives access");
    holds(&world)
}
