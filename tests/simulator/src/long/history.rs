//! A history, and how it follows from its seed.

use std::time::Duration;

use fastrand::Rng;

use super::apps::{Mood, Tokens};
use super::facts::FactSpec;
use super::shop::{MERCHANTS, RULES};
use super::time::Busy;

/// The merchants, and the steps in their order.
#[derive(Debug, Clone)]
pub struct History {
    /// The seed of every other chance.
    pub seed: u64,
    /// The merchants.
    pub merchants: Vec<Merchant>,
    /// The time in which the facts happen.
    pub time: Busy,
    /// The steps.
    pub steps: Vec<Timed>,
    /// The app with a login: its tokens.
    pub tokens: Tokens,
    /// Whether AWS has the worst faults that its documentation allows.
    pub harsh: bool,
}

/// A merchant's rules and facts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Merchant {
    /// The rules, by their number.
    pub rules: Vec<usize>,
    /// The facts that can be published.
    pub facts: Vec<FactSpec>,
}

/// A step, its merchant, and its time from the begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed {
    /// The time from the history's begin.
    pub at: Duration,
    /// The merchant, by number.
    pub merchant: usize,
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
    /// The app with a login ends all access tokens at once.
    ExpireTokens,
    /// The operator deploys over version 0.1.0: each function has new sandboxes, and the items and messages that the version
    /// stored are there.
    Deploy,
}

impl History {
    /// The history of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let day = Duration::from_mins([20, 90, 360, 1440][rng.usize(..4)]);
        let quiet = if rng.bool() { Duration::from_hours(rng.u64(24..=240)) } else { Duration::ZERO };
        let time = Busy { day, pause: rng.f64(), quiet };
        let (mut merchants, mut steps) = (Vec::new(), Vec::new());
        for merchant in 0..MERCHANTS {
            // The second merchant has less, and the same numbers.
            let most = if merchant == 0 { 6 } else { 2 };
            let facts = FactSpec::some(&mut rng, most);
            for (fact, spec) in facts.iter().enumerate() {
                for _ in 0..1 + usize::from(rng.u8(..3) == 0) + usize::from(rng.u8(..8) == 0) {
                    // Facts arrive in any order: some at once, some late.
                    let late = if rng.u8(..4) == 0 { day.mul_f64(rng.f64()) } else { Duration::ZERO };
                    let at = spec.at(time) + late;
                    steps.push(Timed { at, merchant, step: Step::Publish(fact) });
                }
            }
            for _ in 0..rng.usize(2..=if merchant == 0 { 14 } else { 4 }) {
                let at = time.at(rng.f64());
                steps.push(Timed { at, merchant, step: step(&mut rng, facts.len(), day) });
            }
            let rules = (0..RULES).filter(|_| rng.u8(..3) > 0).collect();
            merchants.push(Merchant { rules, facts });
        }
        steps.sort_by_key(|timed| timed.at);
        let tokens = Tokens::some(&mut rng);
        Self { seed, merchants, time, steps, tokens, harsh: rng.u8(..3) > 0 }
    }
}

fn step(rng: &mut Rng, facts: usize, day: Duration) -> Step {
    let nth = rng.usize(..12);
    let fact = rng.usize(..facts.max(1));
    match rng.u8(..44) {
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
        38 | 39 => Step::ExpireTokens,
        40..42 => Step::Deploy,
        _ => Step::Redrive,
    }
}
