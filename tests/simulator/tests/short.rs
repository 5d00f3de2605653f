//! Short histories: the shipped delivery, admission and ledger rules, and the shipped planner, over the in-memory twin.

use std::collections::BTreeSet;

use domain::log::Status;
use simulator::short::{self, History};
use simulator::soak::{Plan, explain, soak};

const HISTORIES: u64 = 100_000;

/// The verdicts that a short history can reach. Its rules have no conditions, its apps offer every action, and no
/// trigger asks for an action and its opposite.
const VERDICTS: [&str; 4] =
    ["verdict fired", "verdict disabled", "verdict duplicate", "verdict other_products"];

#[test]
fn every_invariant_holds_in_a_hundred_thousand_histories_and_they_reach_every_status() {
    let soaked = soak(&Plan { seeds: 0..HISTORIES, short: true, long_every: None }, 2);
    let first = soaked.failed.first().and_then(|(seed, kind)| explain(*seed, *kind));
    assert!(soaked.failed.is_empty(), "{} seeds fail: {}", soaked.failed.len(), first.unwrap());
    assert_eq!(soaked.seeds, HISTORIES);
    let all: BTreeSet<&str> = Status::ALL.iter().map(|status| status.key()).chain(VERDICTS).collect();
    let missing: Vec<_> = all.difference(&soaked.reached).collect();
    assert!(missing.is_empty(), "no history reaches {missing:?}");
}

#[test]
fn every_invariant_holds_in_the_histories_that_broke_one() {
    for seed in [1_800, 10_485, 74_762, 76_653, 78_269, 96_971] {
        let run = short::run(&History::of(seed), false);
        assert!(run.holds(), "seed {seed}: {:?}", run.violation);
    }
}

#[test]
fn a_seed_gives_the_same_history_and_the_same_run_twice() {
    for seed in 0..50 {
        assert_eq!(History::of(seed), History::of(seed));
        let run = || short::run(&History::of(seed), true);
        assert_eq!(run(), run(), "seed {seed}");
    }
}
