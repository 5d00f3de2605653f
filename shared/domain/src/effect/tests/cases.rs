//! The ways in which the promise was broken once, each as short as it goes.

use proptest::test_runner::TestCaseError;

use super::model::{Event, LEASE, SHORT_LEASE, live};
use super::world::{Mood, Target};
use crate::effect::Intent;

type Held = Result<(), TestCaseError>;

fn both(first: Intent, second: Intent) -> [Target; 2] {
    [Target::new(1, 10, first, 1), Target::new(1, 10, second, 2)]
}

#[test]
fn jobs_of_two_facts_of_one_instant_do_not_take_turns() -> Held {
    let jobs = [Target::new(1, 10, Intent::Off, 1), Target::new(2, 10, Intent::On, 1)];
    live(&jobs, &[Event::Perform(0, Mood::Fine), Event::Perform(0, Mood::Fine)], LEASE)
}

#[test]
fn a_job_that_waits_in_the_queue_is_not_lost_when_it_must_wait_for_anothers_turn() -> Held {
    let events = [
        // The first is tried again in 5 s, and its message waits in the queue.
        Event::Perform(0, Mood::Down),
        Event::Pass(5),
        // The second takes over and has to wait for two minutes.
        Event::Perform(1, Mood::Busy),
        // So has the first, in the table.
        Event::Perform(0, Mood::Fine),
    ];
    live(&both(Intent::On, Intent::On), &events, LEASE)
}

#[test]
fn a_job_that_was_held_when_its_worker_died_is_performed_once() -> Held {
    let events = [
        Event::Disconnect,
        Event::Deliver(0),
        // It is held, and its message is not deleted.
        Event::Work(0, 2, Mood::Fine),
        Event::Crash(0),
        Event::Reconnect,
        Event::Pass(181),
        // The message that does not know of the table comes first.
        Event::Perform(0, Mood::Fine),
    ];
    live(&both(Intent::On, Intent::On)[..1], &events, LEASE)
}

#[test]
fn a_job_that_was_rejected_stays_so_when_its_message_returns() -> Held {
    let events = [
        Event::Perform(0, Mood::Refuses),
        Event::Perform(0, Mood::Refuses),
        Event::Repeat(0),
        Event::Perform(0, Mood::Fine),
    ];
    live(&both(Intent::On, Intent::On), &events, LEASE)
}

#[test]
fn a_worker_that_is_late_for_its_call_leaves_it() -> Held {
    let events = [
        Event::Deliver(0),
        Event::Pass(12),
        Event::Work(0, 1, Mood::Fine),
        Event::Pass(12),
        Event::Perform(0, Mood::Fine),
    ];
    live(&both(Intent::On, Intent::Off), &events, SHORT_LEASE)
}

#[test]
fn a_job_that_two_workers_performed_is_not_performed_by_another_rules_job_as_well() -> Held {
    let events = [
        Event::Repeat(0),
        // The first worker calls and outlives its lease.
        Event::Deliver(0),
        Event::Work(0, 2, Mood::Fine),
        Event::Pass(12),
        Event::Pass(12),
        // The second, on the repeated message, takes over and calls.
        Event::Deliver(1),
        Event::Work(1, 5, Mood::Fine),
        // The first marks; the second cannot any more.
        Event::Work(0, 2, Mood::Fine),
        Event::Work(0, 2, Mood::Fine),
    ];
    live(&both(Intent::On, Intent::On), &events, SHORT_LEASE)
}
