//! Simulates the jobs of one account: from the queue, through the instances of a connector, to an app that limits
//! concurrent calls. Time is an event queue, so a simulated minute runs in no time.
//!
//! Jobs reach the queue one by one, and a poll takes all that are queued. The first instances therefore get one job
//! each, and the maximum number of instances is started before the queue grows and batches are full. The bench measures
//! this case. A limit is hard to keep in it because most instances learn of the limit by a refusal.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};

use super::{CallResult, NoPermit, Permit, Window};

/// The batch size of an instance.
const BATCH: u32 = 10;

/// The latencies of a platform, in milliseconds.
#[derive(Debug)]
struct Platform {
    /// The time between two polls of the queue.
    poll: i64,
    /// The start of an instance.
    start: Range<i64>,
    /// A job's work before its call.
    before: Range<i64>,
    /// A job's work after its call.
    after: Range<i64>,
    /// A refused call.
    refusal: Range<i64>,
}

/// Local AWS, where the bench runs.
const LOCAL: Platform = Platform { poll: 15, start: 150..600, before: 20..80, after: 20..60, refusal: 5..20 };
/// A platform that takes hardly any time besides the calls.
const FAST: Platform = Platform { poll: 1, start: 0..400, before: 0..1, after: 50..51, refusal: 5..6 };

/// The load and the limits of a simulation.
#[derive(Debug, Clone, Copy)]
struct World {
    copies: usize,
    jobs: u32,
    /// The time between two jobs, in milliseconds.
    gap: i64,
    limit: u32,
    /// The duration of a call in milliseconds, plus or minus up to a tenth.
    call: i64,
    platform: &'static Platform,
}

/// The bench's case: purchases arrive as fast as local AWS accepts them.
const BENCH: World = World { copies: 30, jobs: 200, gap: 20, limit: 10, call: 430, platform: &LOCAL };
/// All jobs are in the queue, and only the calls take time.
const BACKLOG: World = World { gap: 0, call: 400, platform: &FAST, ..BENCH };

#[derive(Clone, Copy)]
enum Event {
    Arrive,
    Poll,
    Ready(usize),
    Try(usize),
    Answered { copy: usize, permit: Permit, result: CallResult },
    Written(usize),
}

struct Copy {
    window: Window,
    waiting: u32,
    left: u32,
}

struct Simulation {
    world: World,
    now: i64,
    /// Ordered by time, then by the order of planning.
    events: BTreeMap<(i64, u64), Event>,
    planned: u64,
    copies: Vec<Copy>,
    /// Instances without a batch; the last to end gets the next batch.
    idle: Vec<usize>,
    queue: u32,
    inside: u32,
    random: u64,
    done: u32,
    refusals: u32,
    first: Option<i64>,
    ended: i64,
}

/// The result of a simulation.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// From the first call to the last.
    seconds: f64,
    refusals: u32,
}

impl World {
    fn run(self, seed: u64) -> Run {
        let mut simulation = Simulation {
            world: self,
            now: 0,
            events: BTreeMap::new(),
            planned: 0,
            copies: Vec::new(),
            idle: Vec::new(),
            queue: 0,
            inside: 0,
            random: seed,
            done: 0,
            refusals: 0,
            first: None,
            ended: 0,
        };
        for job in 0..self.jobs {
            let at = i64::from(job) * self.gap;
            simulation.plan(at..at + 5 * self.gap, Event::Arrive);
        }
        simulation.plan(0..1, Event::Poll);
        while let Some(((now, _), event)) = simulation.events.pop_first() {
            simulation.now = now;
            simulation.step(event);
        }
        assert_eq!(simulation.done, self.jobs, "every job is performed");
        let took = simulation.ended - simulation.first.unwrap_or_default();
        Run { seconds: SignedDuration::from_millis(took).as_secs_f64(), refusals: simulation.refusals }
    }

    /// The longest duration and the most refusals of a hundred runs.
    fn worst(self) -> Run {
        let worse =
            |a: Run, b: Run| Run { seconds: a.seconds.max(b.seconds), refusals: a.refusals.max(b.refusals) };
        (0..100).map(|seed| self.run(seed)).reduce(worse).unwrap()
    }
}

impl Simulation {
    /// Plans an event at a random time of a range after now.
    fn plan(&mut self, after: Range<i64>, event: Event) {
        let at = self.now + self.between(after);
        self.planned += 1;
        self.events.insert((at, self.planned), event);
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Arrive => self.queue += 1,
            Event::Poll => self.poll(),
            Event::Ready(copy) => {
                self.copies[copy].waiting += 1;
                self.start(copy);
            }
            Event::Try(copy) => self.start(copy),
            Event::Answered { copy, permit, result } => {
                let jitter = SignedDuration::from_millis(self.between(0..1_000)).as_secs_f64();
                self.copies[copy].window.release(result, permit, jitter, at(self.now));
                if result == CallResult::Accepted {
                    self.inside -= 1;
                    self.done += 1;
                    self.ended = self.now;
                    self.plan(self.world.platform.after.clone(), Event::Written(copy));
                } else {
                    self.refusals += 1;
                    self.copies[copy].waiting += 1;
                }
                self.start(copy);
            }
            Event::Written(copy) => {
                self.copies[copy].left -= 1;
                if self.copies[copy].left == 0 {
                    self.idle.push(copy);
                }
            }
        }
    }

    /// Gives the queued jobs to an idle instance, or to a new one.
    fn poll(&mut self) {
        if self.done == self.world.jobs {
            return;
        }
        let Platform { poll, start, before, .. } = self.world.platform;
        self.plan(*poll..poll + 1, Event::Poll);
        let batch = BATCH.min(self.queue);
        if batch == 0 || (self.idle.is_empty() && self.copies.len() == self.world.copies) {
            return;
        }
        let start = if self.idle.is_empty() { self.between(start.clone()) } else { 0 };
        let copy = self.idle.pop().unwrap_or_else(|| {
            let window = Window::new(self.world.limit, at(self.now));
            self.copies.push(Copy { window, waiting: 0, left: 0 });
            self.copies.len() - 1
        });
        self.queue -= batch;
        self.copies[copy].left = batch;
        for _ in 0..batch {
            self.plan(start + before.start..start + before.end, Event::Ready(copy));
        }
    }

    /// Starts the calls that the instance's window allows.
    fn start(&mut self, copy: usize) {
        while self.copies[copy].waiting > 0 {
            let permit = match self.copies[copy].window.acquire(at(self.now)) {
                Ok(permit) => permit,
                Err(NoPermit::Full) => return,
                Err(NoPermit::Paused(until)) => {
                    let wait = until.duration_since(at(self.now)).as_millis();
                    let wait = i64::try_from(wait).unwrap() + 1;
                    return self.plan(wait..wait + 1, Event::Try(copy));
                }
            };
            self.copies[copy].waiting -= 1;
            self.first.get_or_insert(self.now);
            if self.inside < self.world.limit {
                self.inside += 1;
                let call = self.world.call;
                self.plan(
                    call * 9 / 10..call * 11 / 10,
                    Event::Answered { copy, permit, result: CallResult::Accepted },
                );
            } else {
                self.plan(
                    self.world.platform.refusal.clone(),
                    Event::Answered { copy, permit, result: CallResult::Refused },
                );
            }
        }
    }

    /// A number in the range, from a linear congruential generator: the same for the same seed.
    fn between(&mut self, range: Range<i64>) -> i64 {
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let Range { start, end } = range;
        let width = u64::try_from(end - start).unwrap_or_default().max(1);
        start + i64::try_from((self.random >> 33) % width).unwrap_or_default()
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_780_000_000_000 + millis).unwrap()
}

/// Asserts that no run takes more seconds or has more refusals.
fn hold(worlds: impl IntoIterator<Item = World>, seconds: f64, refusals: u32) {
    for world in worlds {
        let worst = world.worst();
        assert!(worst.seconds <= seconds && worst.refusals <= refusals, "{world:?}: {worst:?}");
    }
}

// The bounds are what these runs reach, rounded up. A change that exceeds one has made the limiter worse.

#[test]
fn the_benchs_case_keeps_its_bounds_at_any_rate_of_arrival() {
    // The bench's twenty seconds begin before the first call.
    hold([10, 15, 20, 25, 30, 40].map(|gap| World { gap, ..BENCH }), 17.0, 40);
    hold([World { gap: 0, ..BENCH }], 20.5, 25);
}

#[test]
fn a_backlog_of_two_hundred_jobs_ends_in_twenty_seconds() {
    hold([World { copies: 1, ..BACKLOG }], 20.0, 0);
    hold([2, 5, 10].map(|copies| World { copies, ..BACKLOG }), 20.0, 15);
    // Of twenty copies, half have to pause first.
    hold([20, 30].map(|copies| World { copies, ..BACKLOG }), 20.5, 25);
}

#[test]
fn few_copies_share_the_limit_as_many_do_and_a_single_one_is_never_refused() {
    hold([2, 3, 5, 10, 15, 20].map(|copies| World { copies, ..BENCH }), 20.5, 25);
    hold([World { copies: 1, ..BENCH }], 22.0, 0);
}

#[test]
fn a_limit_of_one_or_of_twenty_five_is_kept_as_ten_is() {
    for limit in [1, 2, 5, 25] {
        // At this limit, 9 s would be enough.
        hold([5, 20].map(|copies| World { copies, limit, jobs: 20 * limit, ..BENCH }), 35.0, 40);
    }
}

#[test]
fn a_long_backlog_keeps_the_app_busy_and_is_refused_once_in_five_calls_at_most() {
    // Ten at once, 400 ms each: 40 s for a thousand.
    hold([1, 5, 30].map(|copies| World { copies, jobs: 1_000, ..BACKLOG }), 60.0, 200);
    // Ten at once, 430 ms each: 43 s for a thousand.
    hold([1, 5, 30].map(|copies| World { copies, jobs: 1_000, ..BENCH }), 70.0, 250);
}
