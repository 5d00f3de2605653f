//! The promise of the ledger, tried on any interleaving: at most one change per fact and effect, never a stale one,
//! and nothing that waits for ever.

use jiff::SignedDuration;
use proptest::prelude::*;

use super::world::{Mood, Parked, Target, World};
use crate::effect::Intent;
use crate::log::Status;

/// Longer than a function may run.
pub(super) const LEASE: i64 = 60;
/// Shorter than that, so that a worker can outlive it.
pub(super) const SHORT_LEASE: i64 = 20;

#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A message reaches a worker.
    Deliver(usize),
    /// A worker goes on so many steps.
    Work(usize, usize, Mood),
    /// A message reaches a worker, which goes on to the end.
    Perform(usize, Mood),
    Crash(usize),
    Pass(i64),
    /// The planner sends a job once more.
    Repeat(usize),
    Sweep {
        dies: bool,
    },
    /// The app refuses the credentials, as another job has learnt.
    Disconnect,
    Reconnect,
}

fn moods() -> impl Strategy<Value = Mood> {
    prop_oneof![
        6 => Just(Mood::Fine),
        2 => Just(Mood::Down),
        1 => Just(Mood::Mute),
        1 => Just(Mood::Busy),
        1 => Just(Mood::Refuses),
        1 => Just(Mood::RefusesCredentials),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let nth = 0..4_usize;
    prop_oneof![
        6 => nth.clone().prop_map(Event::Deliver),
        10 => (nth.clone(), 1..6_usize, moods()).prop_map(|(worker, steps, mood)| Event::Work(worker, steps, mood)),
        3 => (nth.clone(), moods()).prop_map(|(message, mood)| Event::Perform(message, mood)),
        1 => nth.clone().prop_map(Event::Crash),
        3 => prop::sample::select(vec![1, 5, 12, 12, 31, 61, 120, 181]).prop_map(Event::Pass),
        2 => nth.prop_map(Event::Repeat),
        1 => any::<bool>().prop_map(|dies| Event::Sweep { dies }),
        1 => Just(Event::Disconnect),
        2 => Just(Event::Reconnect),
    ]
}

/// A few jobs of up to three facts, some of which share an instant.
fn jobs() -> impl Strategy<Value = Vec<Target>> {
    let seconds = prop::collection::vec(0..3_i64, 3);
    let wishes = prop::collection::vec((0..3_u8, any::<bool>(), 0..2_u8), 1..5);
    (seconds, wishes).prop_map(|(seconds, wishes)| {
        let mut jobs: Vec<Target> = Vec::new();
        for (fact, on, rule) in wishes {
            let intent = if on { Intent::On } else { Intent::Off };
            let job = Target::new(fact, seconds[usize::from(fact)], intent, rule);
            if !jobs.contains(&job) {
                jobs.push(job);
            }
        }
        jobs
    })
}

fn play(world: &mut World, event: &Event) {
    match *event {
        Event::Deliver(nth) => drop(world.deliver(nth)),
        Event::Work(nth, steps, mood) => {
            let count = world.workers();
            (0..steps).take_while(|_| world.workers() == count && world.step(nth, mood)).for_each(drop);
        }
        Event::Perform(nth, mood) => {
            if world.deliver(nth) {
                let count = world.workers();
                while world.workers() == count {
                    world.step(count - 1, mood);
                }
            }
        }
        Event::Crash(nth) => world.crash(nth),
        Event::Pass(seconds) => world.advance(seconds),
        Event::Repeat(nth) => world.send(nth % world.jobs.len(), false),
        Event::Sweep { dies } => world.sweep(dies),
        Event::Disconnect => world.disconnect(),
        Event::Reconnect => world.reconnect(),
    }
}

/// Goes on without any fault until nothing is left to do; `false`: something waits for ever.
fn settles(world: &mut World) -> bool {
    for _ in 0..2000 {
        while world.step(0, Mood::Fine) {}
        world.reconnect();
        world.sweep(false);
        if !world.deliver(0) {
            if world.queue.is_empty() && world.records.values().all(|(_, parked)| *parked == Parked::No) {
                return true;
            }
            world.advance(7);
        }
    }
    false
}

fn holds(world: &World) -> Result<(), TestCaseError> {
    let applied: Vec<_> = world.applied.iter().map(|applied| world.jobs[applied.job].rank()).collect();
    prop_assert!(applied.is_sorted(), "something stale was applied: {:?}", world.applied);

    for job in &world.jobs {
        let excuses = world.excuses.iter().filter(|other| world.jobs[**other].rank() == job.rank()).count();
        let times = applied.iter().filter(|rank| **rank == job.rank()).count();
        prop_assert!(times <= 1 + excuses, "applied {times} times, with {excuses} excuses: {job:?}");
    }
    for late in world.applied.iter().filter(|applied| applied.after_end) {
        prop_assert!(world.excuses.contains(&late.job), "applied after its end: {:?}", world.jobs[late.job]);
    }

    let status = |job: &Target| world.records.get(&job.id).map(|(record, _)| record.status);
    let took_effect = |job: &Target| status(job).is_some_and(Status::took_effect);
    for job in &world.jobs {
        let explained = match status(job) {
            Some(Status::Performed) => applied.contains(&job.rank()),
            Some(Status::Duplicate) => {
                world.jobs.iter().any(|other| other.rank() == job.rank() && took_effect(other))
            }
            Some(Status::Superseded) => world.jobs.iter().any(|other| other.rank() > job.rank()),
            Some(Status::Rejected | Status::Exhausted) => true,
            Some(Status::AlreadySo | Status::Retrying | Status::RateLimited | Status::Held) | None => false,
        };
        prop_assert!(explained, "{job:?} ended as {:?}", status(job));
    }

    let newest = world.jobs.iter().map(Target::rank).max();
    let newest: Vec<_> = world.jobs.iter().filter(|job| Some(job.rank()) == newest).collect();
    if newest.iter().any(|job| took_effect(job)) {
        prop_assert_eq!(world.switch, Some(newest[0].intent), "the newest fact decides");
    } else {
        let failed = |job: &&Target| matches!(status(job), Some(Status::Rejected | Status::Exhausted));
        prop_assert!(newest.iter().all(failed), "the newest fact was not even tried");
    }
    Ok(())
}

pub(super) fn live(jobs: &[Target], events: &[Event], lease: i64) -> Result<(), TestCaseError> {
    let mut world = World::new(jobs, SignedDuration::from_secs(lease));
    for event in events {
        play(&mut world, event);
    }
    prop_assert!(settles(&mut world), "something waits for ever: {world:?}");
    holds(&world)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8000))]

    #[test]
    fn whatever_happens_an_effect_is_had_once_and_never_stale(
        jobs in jobs(),
        events in prop::collection::vec(event(), 0..80),
        lease in prop::sample::select(vec![LEASE, SHORT_LEASE]),
    ) {
        live(&jobs, &events, lease)?;
    }
}
