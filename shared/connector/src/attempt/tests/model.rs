//! The guarantee of the ledger, tested with any interleaving: at most one change for each fact and effect, never a
//! stale one, and no job that waits for ever.

use std::time::Duration;

use domain::admission::Place;
use domain::intent::Intent;
use domain::job::Job;
use domain::log::Status;
use proptest::prelude::*;

use super::world::{Mood, Presence, World, job, rank};

/// Longer than a function may run.
pub(super) const LEASE: Duration = Duration::from_mins(1);
/// Shorter than that, so that a worker can outlive it.
pub(super) const SHORT_LEASE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A message reaches a worker.
    Deliver(usize),
    /// A worker continues for this number of steps.
    Work(usize, usize, Mood),
    /// A message reaches a worker, which continues to the end.
    Perform(usize, Mood),
    Crash(usize),
    Pass(i64),
    /// The planner sends a job once more.
    Repeat(usize),
    /// A waiting message is lost.
    Lose(usize),
    Sweep {
        dies: bool,
    },
    Reconnect,
    Pause,
    Resume,
    /// The merchant disables the rule.
    Disable,
    /// The merchant deletes the account, which the workers may still have in their cache.
    Disconnect {
        cached: bool,
    },
}

fn moods() -> impl Strategy<Value = Mood> {
    prop_oneof![
        8 => Just(Mood::Fine),
        3 => Just(Mood::Down),
        1 => Just(Mood::Mute),
        1 => Just(Mood::Unsent),
        1 => Just(Mood::Busy),
        1 => Just(Mood::Refuses),
        1 => Just(Mood::RefusesCredentials),
        1 => Just(Mood::TableFails),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let nth = 0..4_usize;
    prop_oneof![
        60 => nth.clone().prop_map(Event::Deliver),
        100 => (nth.clone(), 1..8_usize, moods()).prop_map(|(worker, steps, mood)| Event::Work(worker, steps, mood)),
        40 => (nth.clone(), moods()).prop_map(|(message, mood)| Event::Perform(message, mood)),
        10 => nth.clone().prop_map(Event::Crash),
        30 => prop::sample::select(vec![1, 5, 12, 12, 31, 61, 120, 181]).prop_map(Event::Pass),
        20 => nth.clone().prop_map(Event::Repeat),
        10 => nth.prop_map(Event::Lose),
        10 => any::<bool>().prop_map(|dies| Event::Sweep { dies }),
        20 => Just(Event::Reconnect),
        5 => Just(Event::Pause),
        10 => Just(Event::Resume),
        1 => Just(Event::Disable),
        1 => any::<bool>().prop_map(|cached| Event::Disconnect { cached }),
    ]
}

/// A few jobs of up to three facts, some of which occurred at the same instant.
fn jobs() -> impl Strategy<Value = Vec<Job>> {
    let seconds = prop::collection::vec(0..3_i64, 3);
    let wishes = prop::collection::vec((0..3_u8, any::<bool>(), 0..2_u8), 1..5);
    (seconds, wishes).prop_map(|(seconds, wishes)| {
        let mut jobs: Vec<Job> = Vec::new();
        for (fact, on, rule) in wishes {
            let intent = if on { Intent::On } else { Intent::Off };
            let job = job(fact, seconds[usize::from(fact)], intent, rule);
            if !jobs.contains(&job) {
                jobs.push(job);
            }
        }
        jobs
    })
}

pub(super) fn play(world: &mut World, event: &Event) {
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
        Event::Repeat(nth) => world.send(nth % world.shared.jobs.len(), false),
        Event::Lose(nth) => world.lose(nth),
        Event::Sweep { dies } => world.sweep(dies),
        Event::Reconnect => world.reconnect(),
        Event::Pause => world.pause(),
        Event::Resume => world.resume(),
        Event::Disable => world.disable(),
        Event::Disconnect { cached } => world.disconnect(cached),
    }
}

/// Continues without any fault until no work is left; `false`: a job or message waits for ever.
pub(super) fn settles(world: &mut World) -> bool {
    for _ in 0..2000 {
        while world.step(0, Mood::Fine) {}
        world.reconnect();
        world.resume();
        world.sweep(false);
        if !world.deliver(0) {
            let waits = world.shared.table.all().iter().any(|(_, place)| *place != Place::Nowhere);
            if world.queue.is_empty() && !waits {
                return true;
            }
            world.advance(7);
        }
    }
    false
}

pub(super) fn holds(world: &World) -> Result<(), TestCaseError> {
    let (jobs, state) = (&world.shared.jobs, world.shared.state.borrow());
    prop_assert_eq!(world.waits_unseen, None, "a job waited without a record");
    for (index, late) in state.applied.iter().enumerate() {
        let late = &jobs[late.job];
        let newer = state.applied[..index].iter().find(|before| {
            let before_it = &jobs[before.job];
            // The app carried out a newer job, and its response was lost: that job may have failed since. An older job
            // with the same intent does no harm.
            let harmless =
                before_it.effect.intent == late.effect.intent && state.excuses.contains(&before.job);
            rank(before_it) > rank(late) && !harmless
        });
        prop_assert!(newer.is_none(), "a stale change was applied: {late:?} after {newer:?}");
    }
    let applied: Vec<_> = state.applied.iter().map(|applied| rank(&jobs[applied.job])).collect();

    for job in jobs {
        let excuses = state.excuses.iter().filter(|other| rank(&jobs[**other]) == rank(job)).count();
        let times = applied.iter().filter(|applied| **applied == rank(job)).count();
        prop_assert!(times <= 1 + excuses, "applied {times} times, with {excuses} excuses: {job:?}");
    }
    for late in state.applied.iter().filter(|applied| applied.after_end) {
        prop_assert!(state.excuses.contains(&late.job), "applied after its end: {:?}", jobs[late.job]);
    }

    let record = |job: &Job| world.stands(job).map(|(record, _)| record);
    let status = |job: &Job| record(job).map(|record| record.status);
    let took_effect = |job: &Job| status(job).is_some_and(Status::took_effect);
    for (job, calls) in jobs.iter().zip(&state.calls) {
        let explained = match status(job) {
            Some(Status::Performed) => applied.contains(&rank(job)),
            Some(Status::Duplicate) => {
                jobs.iter().any(|other| rank(other) == rank(job) && took_effect(other))
            }
            Some(Status::Superseded) => jobs.iter().any(|other| rank(other) > rank(job)),
            Some(Status::Rejected) => *calls > 0 || state.presence != Presence::Stored,
            Some(Status::Exhausted) => *calls > 0 || state.unsent,
            Some(Status::Canceled) => state.disabled,
            Some(Status::AlreadySo | Status::Retrying | Status::RateLimited | Status::Held) | None => false,
        };
        prop_assert!(explained, "{job:?} ended as {:?} after {calls} calls", status(job));
        let attempts = record(job).map_or(0, |record| record.attempts);
        prop_assert!(attempts <= *calls, "{attempts} attempts in {calls} calls: {job:?}");
    }

    let newest = jobs.iter().map(rank).max();
    let newest: Vec<_> = jobs.iter().filter(|job| Some(rank(job)) == newest).collect();
    if newest.iter().any(|job| took_effect(job)) {
        let switch = state.switches.values().next().copied();
        prop_assert_eq!(switch, Some(newest[0].effect.intent), "the newest fact decides");
    } else {
        let failed =
            |job: &&Job| matches!(status(job), Some(Status::Rejected | Status::Exhausted | Status::Canceled));
        prop_assert!(newest.iter().all(failed), "the newest fact was not even tried");
    }
    Ok(())
}

pub(super) fn live(jobs: &[Job], events: &[Event], lease: Duration) -> Result<(), TestCaseError> {
    let mut world = World::new(jobs, lease);
    for event in events {
        play(&mut world, event);
    }
    prop_assert!(settles(&mut world), "a job or message waits for ever: {:?}", world.shared.table);
    holds(&world)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn an_effect_is_applied_once_and_never_stale_in_any_interleaving(
        jobs in jobs(),
        events in prop::collection::vec(event(), 0..60),
        lease in prop::sample::select(vec![LEASE, SHORT_LEASE]),
    ) {
        live(&jobs, &events, lease)?;
    }
}
