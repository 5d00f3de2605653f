//! Runs the histories of many seeds, and reports the first ones that break an invariant.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::report::{Failure, Run};
use crate::short::{self, History};
use crate::shrink::shortest;

/// The sum of many runs.
#[derive(Debug, Default)]
pub struct Soaked {
    /// The number of seeds.
    pub seeds: u64,
    /// The time that passed in their histories.
    pub simulated: Duration,
    /// The seeds that break an invariant.
    pub failed: Vec<u64>,
    /// The statuses and verdicts that were reached.
    pub reached: BTreeSet<&'static str>,
}

impl Soaked {
    /// Adds the run of a seed.
    pub fn add(&mut self, seed: u64, run: Run) {
        self.seeds += 1;
        self.simulated += run.simulated;
        if !run.holds() {
            self.failed.push(seed);
        }
        self.reached.extend(run.reached);
    }

    /// Adds other sums.
    pub fn merge(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.simulated += other.simulated;
        self.failed.extend(other.failed);
        self.failed.sort_unstable();
        self.reached.extend(other.reached);
    }
}

/// Runs the histories of these seeds on as many threads.
#[must_use]
pub fn soak(seeds: std::ops::Range<u64>, threads: u64) -> Soaked {
    let thread = |nth: u64| {
        let mut soaked = Soaked::default();
        for seed in seeds.clone().filter(|seed| seed % threads == nth) {
            soaked.add(seed, run(&History::of(seed), false));
        }
        soaked
    };
    let mut sum = Soaked::default();
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|nth| scope.spawn(move || thread(nth))).collect();
        for ended in running {
            sum.merge(ended.join().unwrap_or_default());
        }
    });
    sum
}

/// Runs a history. A panic breaks it too.
#[must_use]
pub fn run(history: &History, traced: bool) -> Run {
    catch_unwind(AssertUnwindSafe(|| short::run(history, traced))).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<String>().cloned();
        let what = what.or_else(|| panic.downcast_ref::<&str>().map(|what| (*what).to_owned()));
        let violation = format!("a panic: {}", what.unwrap_or_default());
        Run { violation: Some(violation), ..Run::default() }
    })
}

/// The shortest history that breaks an invariant as the seed's does; `None`: the seed's history breaks none.
#[must_use]
pub fn explain(seed: u64) -> Option<Failure> {
    let history = History::of(seed);
    if run(&history, false).holds() {
        return None;
    }
    let with = |steps: &[short::Step]| History { steps: steps.to_vec(), ..history.clone() };
    let steps = shortest(&history.steps, |steps| !run(&with(steps), false).holds());
    let run = run(&with(&steps), true);
    Some(Failure { seed, steps: (history.steps.len(), steps.len()), run })
}
