//! A history, and how it follows from its seed.

use std::time::Duration;

use fastrand::Rng;

use super::facts::FactSpec;

/// Longer than a function may run.
pub(super) const LEASE: Duration = Duration::from_mins(1);
/// Shorter than that, so that a worker can outlive it.
pub(super) const SHORT_LEASE: Duration = Duration::from_secs(20);

/// The sets of rules that a shop can have.
const RULES: [&[usize]; 8] = [ALL, ALL, ALL, &[0, 1], &[2, 3, 4], &[2, 4], &[4], &[5, 6]];
/// Sets in which two triggers of one fact ask for the same effect, or for opposite ones.
const TWICE: [&[usize]; 3] = [&[0, 1, 8], &[0, 1, 9], &[1, 8]];
/// In one history of this many, responses are late in place of lost.
const LATE_EVERY: u64 = 8;
/// One history of this many is crowded: the facts are of one buyer and one product, few rules make one or two effects,
/// and rules change and messages are repeated while many workers compete.
const CROWDED_EVERY: u64 = 8;
const CROWDED: u64 = 3;
/// The sets of rules of crowded histories.
const FEW: [&[usize]; 6] = [&[0], &[0, 1], &[2, 4], &[0, 1, 8], &[0, 8], &[4]];
const ALL: &[usize] = &[0, 1, 2, 3, 4, 5, 6, 7];

/// The facts of a shop, and what happens to them.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The facts that can be published.
    pub facts: Vec<FactSpec>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The shop's rules, by their number. Few rules make few effects, for which more workers compete.
    pub rules: &'static [usize],
    /// The lease of a claim.
    pub lease: Duration,
    /// The account whose app is out of order, and for how many seconds from the begin.
    pub outage: Option<(usize, i64)>,
}

/// How the app or the table handles a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// The request is carried out.
    Fine,
    /// The app fails, and nothing was done.
    Down,
    /// The request is carried out, and the response is lost.
    Mute,
    /// The request is given up, and the app carries it out later.
    Late,
    /// The call ends before a request is sent.
    Unsent,
    /// The app accepts no calls for two minutes, and says so.
    Busy,
    /// The contact is missing so far.
    Missing,
    /// The app will never accept the request.
    Refuses,
    /// The app refuses the credentials.
    RefusesCredentials,
    /// The table fails, and nothing was written.
    TableFails,
}

/// One step. A number names one of the things that exist at that moment, counted round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A fact reaches its triggers. If they die, they have sent their jobs and stored no verdicts.
    Publish {
        /// The fact.
        fact: usize,
        /// Whether the triggers die.
        dies: bool,
    },
    /// A message reaches a worker.
    Deliver(usize),
    /// A worker continues for this number of external calls.
    Work(usize, usize, Mood),
    /// A message reaches a worker, which continues to the end.
    Perform(usize, Mood),
    /// A worker's sandbox ends, with its memory.
    Crash(usize),
    /// Seconds pass.
    Pass(i64),
    /// The queue delivers a message twice.
    Repeat(usize),
    /// A message that waits on the queue is lost.
    Lose(usize),
    /// The sweeper sends the due jobs, unless it dies after it has taken them.
    Sweep {
        /// Whether it dies.
        dies: bool,
    },
    /// The merchant connects an account again.
    Reconnect(usize),
    /// The merchant deletes an account.
    Delete(usize),
    /// The operator pauses an account's app.
    Pause(usize),
    /// The operator resumes an account's app.
    Resume(usize),
    /// The merchant disables a rule, or enables it again.
    Switch(usize),
    /// The merchant changes a rule's target, or changes it back.
    Edit(usize),
    /// An operator replays a fact.
    Replay {
        /// The fact.
        fact: usize,
        /// Whether actions that took effect run again.
        forced: bool,
    },
    /// An operator erases a buyer.
    Erase(usize),
}

impl Step {
    /// Makes a lost response a late one.
    fn delay(&mut self) {
        if let Self::Work(.., mood) | Self::Perform(_, mood) = self
            && *mood == Mood::Mute
        {
            *mood = Mood::Late;
        }
    }
}

impl History {
    /// The history of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        if seed % CROWDED_EVERY == CROWDED {
            return Self::crowded(&mut rng);
        }
        let facts = FactSpec::some(&mut rng);
        let count = rng.usize(5..=70);
        let first = (0..facts.len()).map(|fact| Step::Publish { fact, dies: false });
        let mut steps: Vec<Step> = first.filter(|_| rng.u8(..4) > 0).collect();
        rng.shuffle(&mut steps);
        steps.extend((0..count).map(|_| step(&mut rng, facts.len())));
        if seed % LATE_EVERY == LATE_EVERY - 1 {
            steps.iter_mut().for_each(Step::delay);
        }
        let lease = if rng.bool() { LEASE } else { SHORT_LEASE };
        let outage = (rng.u8(..4) == 0).then(|| (rng.usize(..3), rng.i64(100..6_000)));
        let rules = RULES[rng.usize(..RULES.len())];
        let rules = if rng.u8(..5) == 0 { TWICE[rng.usize(..TWICE.len())] } else { rules };
        Self { facts, steps, rules, lease, outage }
    }

    fn crowded(rng: &mut Rng) -> Self {
        let facts = FactSpec::alike(rng);
        let mut steps: Vec<Step> = (0..facts.len()).map(|fact| Step::Publish { fact, dies: false }).collect();
        rng.shuffle(&mut steps);
        let count = rng.usize(10..=100);
        steps.extend((0..count).map(|_| competing(rng, facts.len())));
        let lease = if rng.bool() { LEASE } else { SHORT_LEASE };
        Self { facts, steps, rules: FEW[rng.usize(..FEW.len())], lease, outage: None }
    }
}

fn mood(rng: &mut Rng) -> Mood {
    match rng.u8(..20) {
        0..8 => Mood::Fine,
        8..11 => Mood::Down,
        11 | 12 => Mood::Mute,
        13 => Mood::Unsent,
        14 | 15 => Mood::Busy,
        16 => Mood::Missing,
        17 => Mood::Refuses,
        18 => Mood::RefusesCredentials,
        _ => Mood::TableFails,
    }
}

/// A step of a crowded history.
fn competing(rng: &mut Rng, facts: usize) -> Step {
    let nth = rng.usize(..12);
    match rng.u8(..100) {
        0..5 => Step::Publish { fact: rng.usize(..facts), dies: rng.u8(..4) == 0 },
        5..28 => Step::Deliver(nth),
        28..58 => Step::Work(nth, rng.usize(1..5), mood(rng)),
        58..68 => Step::Perform(nth, mood(rng)),
        68..71 => Step::Crash(nth),
        71..79 => Step::Pass([1, 5, 12, 21, 31, 61][rng.usize(..6)]),
        79..88 => Step::Repeat(nth),
        88..90 => Step::Reconnect(nth),
        90..93 => Step::Edit(nth),
        93..96 => Step::Switch(nth),
        _ => Step::Replay { fact: rng.usize(..facts), forced: rng.bool() },
    }
}

fn step(rng: &mut Rng, facts: usize) -> Step {
    let nth = rng.usize(..12);
    match rng.u16(..400) {
        0..25 => Step::Publish { fact: rng.usize(..facts), dies: rng.u8(..4) == 0 },
        25..95 => Step::Deliver(nth),
        95..195 => Step::Work(nth, rng.usize(1..8), mood(rng)),
        195..240 => Step::Perform(nth, mood(rng)),
        240..250 => Step::Crash(nth),
        250..295 => Step::Pass([1, 5, 12, 12, 15, 31, 61, 120, 181][rng.usize(..9)]),
        295..325 => Step::Repeat(nth),
        325..335 => Step::Lose(nth),
        335..345 => Step::Sweep { dies: rng.bool() },
        345..360 => Step::Reconnect(nth),
        360..362 => Step::Delete(nth),
        362..366 => Step::Pause(nth),
        366..374 => Step::Resume(nth),
        374..378 => Step::Switch(nth),
        378..381 => Step::Edit(nth),
        381..392 => Step::Replay { fact: rng.usize(..facts), forced: rng.bool() },
        _ => Step::Erase(nth),
    }
}
