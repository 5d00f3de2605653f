//! Runs the histories of many seeds, and reports the first ones that break an invariant.

use std::collections::BTreeSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::report::{Failure, Kind, Run};
use crate::shrink::shortest;
use crate::{long, short};

/// The histories to run: each seed has one of each kind.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The seeds.
    pub seeds: Range<u64>,
    /// Whether their short histories run.
    pub short: bool,
    /// The long history of each seed that is a multiple of this runs.
    pub long_every: Option<u64>,
}

impl Plan {
    fn histories(&self, seed: u64) -> impl Iterator<Item = Kind> {
        let long = self.long_every.is_some_and(|every| seed.is_multiple_of(every));
        [(Kind::Short, self.short), (Kind::Long, long)]
            .into_iter()
            .filter_map(|(kind, runs)| runs.then_some(kind))
    }
}

/// The sum of many runs.
#[derive(Debug, Default)]
pub struct Soaked {
    /// The number of seeds.
    pub seeds: u64,
    /// The number of long histories.
    pub long: u64,
    /// The time that passed in the histories.
    pub simulated: Duration,
    /// The histories that break an invariant.
    pub failed: Vec<(u64, Kind)>,
    /// The statuses, verdicts and metrics that were reached.
    pub reached: BTreeSet<&'static str>,
}

impl Soaked {
    /// Adds a run.
    pub fn add(&mut self, seed: u64, kind: Kind, run: Run) {
        self.long += u64::from(kind == Kind::Long);
        self.simulated += run.simulated;
        if !run.holds() {
            self.failed.push((seed, kind));
        }
        self.reached.extend(run.reached);
    }

    /// Adds other sums.
    pub fn merge(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.long += other.long;
        self.simulated += other.simulated;
        self.failed.extend(other.failed);
        self.failed.sort_unstable();
        self.reached.extend(other.reached);
    }
}

/// Runs histories on as many threads.
#[must_use]
pub fn soak(plan: &Plan, threads: u64) -> Soaked {
    let thread = |nth: u64| {
        let mut soaked = Soaked::default();
        // Neighbours are on one thread, so that every thread has the same share of long histories.
        for seed in
            plan.seeds.clone().filter(|seed| (seed / plan.long_every.unwrap_or(1).max(1)) % threads == nth)
        {
            soaked.seeds += 1;
            for kind in plan.histories(seed) {
                soaked.add(seed, kind, run(seed, kind));
            }
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

/// Runs the history of a seed.
#[must_use]
pub fn run(seed: u64, kind: Kind) -> Run {
    match kind {
        Kind::Short => guarded(|| short::run(&short::History::of(seed), false)),
        Kind::Long => guarded(|| long::run(&long::History::of(seed), false)),
    }
}

/// A panic breaks a history too.
fn guarded(history: impl FnOnce() -> Run) -> Run {
    catch_unwind(AssertUnwindSafe(history)).unwrap_or_else(|panic| {
        let what = panic.downcast_ref::<String>().cloned();
        let what = what.or_else(|| panic.downcast_ref::<&str>().map(|what| (*what).to_owned()));
        let violation = format!("a panic: {}", what.unwrap_or_default());
        Run { violation: Some(violation), ..Run::default() }
    })
}

/// The shortest history that breaks an invariant as the seed's does; `None`: the seed's history breaks none.
#[must_use]
pub fn explain(seed: u64, kind: Kind) -> Option<Failure> {
    match kind {
        Kind::Short => {
            let history = short::History::of(seed);
            let with = |steps: &[short::Step]| short::History { steps: steps.to_vec(), ..history.clone() };
            shrunk(seed, kind, &history.steps, |steps, traced| short::run(&with(steps), traced))
        }
        Kind::Long => {
            let history = long::History::of(seed);
            let with = |steps: &[long::Timed]| long::History { steps: steps.to_vec(), ..history.clone() };
            shrunk(seed, kind, &history.steps, |steps, traced| long::run(&with(steps), traced))
        }
    }
}

fn shrunk<T: Clone>(seed: u64, kind: Kind, steps: &[T], run: impl Fn(&[T], bool) -> Run) -> Option<Failure> {
    let run = |steps: &[T], traced| guarded(|| run(steps, traced));
    if run(steps, false).holds() {
        return None;
    }
    let kept = shortest(steps, |steps| !run(steps, false).holds());
    Some(Failure { seed, kind, steps: (steps.len(), kept.len()), run: run(&kept, true) })
}
