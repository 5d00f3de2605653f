//! A history, and how it follows from its seed.

use std::fmt;
use std::time::Duration;

use fastrand::Rng;

use super::apps::Mood;
use super::facts::FactSpec;

/// A shop, its facts, and the steps in their order.
#[derive(Debug, Clone)]
pub struct History {
    /// The seed of every other chance.
    pub seed: u64,
    /// The shop's rules, by their number.
    pub rules: Vec<usize>,
    /// The facts that can be published.
    pub facts: Vec<FactSpec>,
    /// The time in which the facts happen.
    pub day: Duration,
    /// The steps.
    pub steps: Vec<Timed>,
    /// Whether AWS has the worst faults that its documentation allows.
    pub harsh: bool,
}

/// A step, and its time from the begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed {
    /// The time from the history's begin.
    pub at: Duration,
    /// The step.
    pub step: Step,
}

/// One step. A number names one of the things that exist at that moment, counted round.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A fact is published.
    Publish(usize),
    /// An app has faults from now on, for this time.
    Faults(usize, Mood, Duration),
    /// The merchant connects an account again, with other credentials.
    Reconnect(usize),
    /// The merchant deletes an account.
    Delete(usize),
    /// The merchant disables a rule, or enables it again.
    Switch(usize),
    /// The merchant gives a rule other settings.
    Edit(usize),
    /// The operator pauses an app.
    Pause(usize),
    /// The operator resumes an app.
    Resume(usize),
    /// The operator replays a fact with the current rules, or as it was sent.
    Replay {
        /// The fact.
        fact: usize,
        /// Whether the jobs are those of then.
        as_sent: bool,
    },
    /// The operator retries an action.
    Retry(usize),
    /// The operator erases the buyer of a fact.
    Erase(usize),
    /// The operator returns the facts and the jobs that failed to their functions.
    Redrive,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl History {
    /// The history of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let facts = FactSpec::some(&mut rng);
        let day = Duration::from_mins([20, 90, 360, 1440][rng.usize(..4)]);
        let mut steps = Vec::new();
        for (fact, spec) in facts.iter().enumerate() {
            for _ in 0..1 + usize::from(rng.u8(..3) == 0) + usize::from(rng.u8(..8) == 0) {
                // Facts arrive in any order: some at once, some late.
                let late = if rng.u8(..4) == 0 { day.mul_f64(rng.f64()) } else { Duration::ZERO };
                steps.push(Timed { at: spec.at(day) + late, step: Step::Publish(fact) });
            }
        }
        for _ in 0..rng.usize(2..=14) {
            steps.push(Timed { at: day.mul_f64(rng.f64()), step: step(&mut rng, facts.len(), day) });
        }
        steps.sort_by_key(|timed| timed.at);
        let rules = (0..super::shop::RULES).filter(|_| rng.u8(..3) > 0).collect();
        Self { seed, rules, facts, day, steps, harsh: rng.u8(..3) > 0 }
    }
}

fn step(rng: &mut Rng, facts: usize, day: Duration) -> Step {
    let nth = rng.usize(..12);
    let fact = rng.usize(..facts.max(1));
    match rng.u8(..40) {
        0..16 => Step::Faults(nth, Mood::some(rng), day.mul_f64(rng.f64() * 0.6)),
        16..19 => Step::Reconnect(nth),
        19 => Step::Delete(nth),
        20..23 => Step::Switch(nth),
        23..26 => Step::Edit(nth),
        26 | 27 => Step::Pause(nth),
        28..30 => Step::Resume(nth),
        30..33 => Step::Replay { fact, as_sent: rng.bool() },
        33..37 => Step::Retry(nth),
        37 => Step::Erase(fact),
        _ => Step::Redrive,
    }
}
