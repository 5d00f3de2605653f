//! Short histories: the shipped planner, admission, ruling and deliveries over the in-memory twin of the store.
//!
//! A history is a few facts of one shop, and steps: facts are published, messages are delivered, workers continue to
//! their next external call, crash or lose an answer, time passes, the merchant and the operator act. It follows from a
//! seed, runs on one thread, and never reads a clock.

#[cfg(test)]
mod cases;
mod env;
mod facts;
mod history;
mod invariants;
mod shop;
mod state;
mod world;

pub use self::history::{History, Mood, Step};
#[cfg(test)]
use self::invariants::broken;
use self::world::World;
use crate::report::Run;

/// Runs a history, and then without faults until nothing is left to do.
#[must_use]
pub fn run(history: &History, traced: bool) -> Run {
    let mut world = World::new(history, traced);
    for step in &history.steps {
        world.play(*step);
    }
    world.note(|| "no more faults: the rest runs to its end".to_owned());
    let settled = world.settles();
    let found = world
        .shared
        .broken()
        .or_else(|| if settled { invariants::broken(&world) } else { Some(world.unsettled()) });
    world.into_run(found)
}
