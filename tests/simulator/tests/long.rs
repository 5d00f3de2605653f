//! The shipped functions in long histories, through the SDK.

use std::collections::BTreeSet;

use simulator::coverage::{UNREACHED, missing};
use simulator::long::{self, History};
use simulator::soak::{Plan, explain, soak};

const HISTORIES: u64 = 500;

#[test]
fn every_invariant_holds_in_the_first_long_histories() {
    let soaked = soak(&Plan { seeds: 0..HISTORIES, short: false, long_every: Some(1) }, 2);
    let days = soaked.simulated.as_secs() / 86_400;
    println!("{} long histories, {days} simulated days", soaked.long);
    let failures: Vec<_> = soaked
        .failed
        .iter()
        .take(3)
        .filter_map(|(seed, kind)| explain(*seed, *kind))
        .map(|failure| failure.to_string())
        .collect();
    assert!(soaked.failed.is_empty(), "{} violations\n{}", soaked.failed.len(), failures.join("\n\n"));
    assert_eq!(soaked.long, HISTORIES);
    // Short histories reach the statuses and verdicts that need thousands of them.
    let short = soak(&Plan { seeds: 0..2_000, short: true, long_every: None }, 2);
    let reached: BTreeSet<_> = soaked.reached.union(&short.reached).copied().collect();
    let missing = missing(&reached);
    assert!(missing.is_empty(), "no history reaches {missing:#?}");
    let wrong: Vec<_> = UNREACHED.iter().filter(|(name, _)| reached.contains(name)).collect();
    assert!(wrong.is_empty(), "a history reaches {wrong:#?}: take them from the list");
}

#[test]
fn the_same_seed_has_the_same_history_twice() {
    for seed in [3, 7, 20] {
        let history = History::of(seed);
        let [first, second] = [(); 2].map(|()| long::run(&history, true));
        assert!(first.timeline.len() > 10, "seed {seed} is empty");
        assert_eq!(first, second, "seed {seed}");
    }
}
