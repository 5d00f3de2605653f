//! Copies of a connector that share one account, against an app that takes so many calls at once. Time is an event queue,
//! so a minute takes no time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{End, Wait, Window};

/// As many jobs as a copy takes at once.
const BATCH: u32 = 10;
/// From the end of a batch to the start of the next one.
const GAP: i64 = 50;
/// How long a refusal takes.
const REFUSAL: i64 = 5;

#[derive(Clone, Copy)]
enum Event {
    Receive(usize),
    Try(usize),
    Accepted { copy: usize, started: i64 },
    Refused { copy: usize, started: i64 },
}

struct Copy {
    window: Window,
    waiting: u32,
    left: u32,
}

struct Simulation {
    now: i64,
    /// By time and then by the order in which they were planned.
    events: BTreeMap<(i64, u64), Event>,
    planned: u64,
    copies: Vec<Copy>,
    queue: u32,
    limit: u32,
    inside: u32,
    call: i64,
    random: u64,
    done: u32,
    refusals: u32,
    ended: i64,
}

/// How it went.
#[derive(Debug)]
struct Run {
    seconds: f64,
    refusals: u32,
}

/// Has so many copies work off so many jobs, each a call of `call` milliseconds to an app that takes `limit` at once.
fn run(copies: usize, jobs: u32, limit: u32, call: i64, seed: u64) -> Run {
    let window = || Copy { window: Window::new(limit, at(0)), waiting: 0, left: 0 };
    let mut world = Simulation {
        now: 0,
        events: BTreeMap::new(),
        planned: 0,
        copies: (0..copies).map(|_| window()).collect(),
        queue: jobs,
        limit,
        inside: 0,
        call,
        random: seed,
        done: 0,
        refusals: 0,
        ended: 0,
    };
    for copy in 0..copies {
        let start = world.between(0, 400);
        world.plan(start, Event::Receive(copy));
    }
    while let Some(((now, _), event)) = world.events.pop_first() {
        world.now = now;
        world.step(event);
    }
    assert_eq!(world.done, jobs, "every job is performed");
    Run { seconds: SignedDuration::from_millis(world.ended).as_secs_f64(), refusals: world.refusals }
}

impl Simulation {
    fn plan(&mut self, at: i64, event: Event) {
        self.planned += 1;
        self.events.insert((at.max(self.now), self.planned), event);
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Receive(copy) => {
                let received = BATCH.min(self.queue);
                self.queue -= received;
                let this = &mut self.copies[copy];
                (this.waiting, this.left) = (received, received);
                self.start(copy);
            }
            Event::Try(copy) => self.start(copy),
            Event::Accepted { copy, started } => {
                self.inside -= 1;
                self.done += 1;
                self.ended = self.now;
                self.end(copy, End::Accepted, started);
                self.copies[copy].left -= 1;
                if self.copies[copy].left > 0 {
                    self.start(copy);
                } else if self.queue > 0 {
                    self.plan(self.now + GAP, Event::Receive(copy));
                }
            }
            Event::Refused { copy, started } => {
                self.refusals += 1;
                self.copies[copy].waiting += 1;
                self.end(copy, End::Refused, started);
                self.start(copy);
            }
        }
    }

    /// Starts what the copy's window lets through.
    fn start(&mut self, copy: usize) {
        while self.copies[copy].waiting > 0 {
            match self.copies[copy].window.start(at(self.now)) {
                Ok(()) => {}
                Err(Wait::ForCall) => return,
                Err(Wait::Until(until)) => {
                    let until = until.as_millisecond() - at(0).as_millisecond();
                    return self.plan(until + 1, Event::Try(copy));
                }
            }
            self.copies[copy].waiting -= 1;
            let started = self.now;
            if self.inside < self.limit {
                self.inside += 1;
                let took = self.between(self.call * 9 / 10, self.call * 11 / 10);
                self.plan(started + took, Event::Accepted { copy, started });
            } else {
                self.plan(started + REFUSAL, Event::Refused { copy, started });
            }
        }
    }

    fn end(&mut self, copy: usize, end: End, started: i64) {
        let jitter = SignedDuration::from_millis(self.between(0, 1_000)).as_secs_f64();
        self.copies[copy].window.end(end, at(started), jitter, at(self.now));
    }

    /// A number in between, by a linear congruential generator: the same for the same seed.
    fn between(&mut self, from: i64, to: i64) -> i64 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let width = u64::try_from(to - from).unwrap_or_default().max(1);
        from + i64::try_from((self.random >> 33) % width).unwrap_or_default()
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_780_000_000_000 + millis).unwrap()
}

/// The longest and the most refusals of fifty runs.
fn worst(copies: usize, jobs: u32) -> Run {
    let runs = (0..50).map(|seed| run(copies, jobs, 10, 400, seed));
    runs.reduce(|a, b| Run { seconds: a.seconds.max(b.seconds), refusals: a.refusals.max(b.refusals) })
        .unwrap()
}

#[test]
fn two_hundred_jobs_of_one_account_end_in_twenty_seconds_with_forty_refusals_at_most() {
    for copies in [1, 2, 5, 10, 20, 30] {
        let worst = worst(copies, 200);
        assert!(worst.seconds <= 20.0 && worst.refusals <= 40, "{copies} copies: {worst:?}");
    }
}

#[test]
fn a_long_backlog_keeps_the_app_busy_and_is_refused_once_in_five_calls_at_most() {
    // Ten at once, 400 ms each: 40 s for a thousand.
    for copies in [1, 5, 30] {
        let worst = worst(copies, 1_000);
        assert!(worst.seconds <= 80.0 && worst.refusals <= 200, "{copies} copies: {worst:?}");
    }
}
