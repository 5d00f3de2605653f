//! The long histories that broke an invariant once, each as short as possible.

use std::time::Duration;

use fastrand::Rng;

use super::{Busy, FactSpec, History, Merchant, Mood, Step, Timed, Tokens, run};

/// A history of the first merchant only.
fn history(seed: u64, rules: &[usize], facts: Vec<FactSpec>, steps: Vec<(Duration, Step)>) -> History {
    let timed = |(at, step)| Timed { at, merchant: 0, step };
    History {
        seed,
        merchants: vec![Merchant { rules: rules.to_vec(), facts }, Merchant::default()],
        time: Busy { day: Duration::from_hours(6), pause: 1.0, quiet: Duration::ZERO },
        steps: steps.into_iter().map(timed).collect(),
        tokens: Tokens { lasts: 86_399, reuse: 0 },
        harsh: false,
    }
}

/// Kit's Remove Tag took a page with status 200 for a success, and the contact kept the tag.
#[test]
fn a_page_removes_no_tag() {
    let mut rng = Rng::with_seed(1);
    let facts = FactSpec::refunded(&mut rng);
    let lasting = Duration::from_mins(30);
    for seed in 0..4 {
        let steps = vec![
            (Duration::from_mins(1), Step::Publish(0)),
            (Duration::from_hours(2), Step::Faults(0, Mood::Wrong(false), lasting)),
            (Duration::from_hours(2) + Duration::from_secs(10), Step::Publish(1)),
        ];
        let run = run(&history(seed, &[0, 1], facts.clone(), steps), true);
        assert!(run.holds(), "seed {seed}: {:?}\n{}", run.violation, run.timeline.join("\n"));
    }
}
