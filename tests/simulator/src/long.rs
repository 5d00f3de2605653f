//! Long histories: the shipped functions and operations in one process, over the AWS in memory, with the SDK's clients.
//!
//! A history is a day of two merchants with its faults, and the days until everything has settled. It follows from a
//! seed: the faults of AWS, of the apps and of the functions' sandboxes, the facts, and the merchants' and the operator's
//! changes.

mod apps;
mod code;
mod facts;
mod functions;
mod history;
mod invariants;
mod merchant;
mod outages;
mod process;
mod shop;
mod stored;
mod sweeper;
mod tenants;
mod time;
mod world;

use tokio::task::LocalSet;

pub use self::apps::{Mood, Tokens};
pub use self::facts::FactSpec;
pub use self::history::{History, Merchant, Step, Timed};
pub use self::time::Busy;
use self::world::World;
use crate::report::Run;

/// The stack of a history's thread: without optimization, the futures of a function and of the SDK need megabytes.
const STACK: usize = 64 << 20;

/// Runs a history on a thread of its own, and then without faults until nothing is left to do.
///
/// # Panics
/// The thread or its runtime cannot be started, or the history panics.
#[must_use]
#[expect(clippy::expect_used, reason = "without a thread there is no history")]
pub fn run(history: &History, traced: bool) -> Run {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let running = thread.spawn_scoped(scope, || run_here(history, traced)).expect("a thread");
        running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[expect(clippy::expect_used, reason = "without a runtime there is no history")]
fn run_here(history: &History, traced: bool) -> Run {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let began = tokio::time::Instant::now();
        let world = World::open(history, traced).await;
        for Timed { at, merchant, step } in &history.steps {
            tokio::time::sleep_until(began + *at).await;
            world.play(*merchant, step).await;
        }
        world.end_faults().await;
        let is_settled = world.settle().await;
        let violation = invariants::broken(&world, is_settled).await;
        world.into_run(violation, began.elapsed())
    })
}
