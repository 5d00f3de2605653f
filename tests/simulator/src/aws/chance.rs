//! Everything that is left to chance.

use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::faults::Faults;

/// A source of chance. The same seed makes the same decisions.
#[derive(Debug)]
pub(super) struct Chance(StdRng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// Whether something of this probability happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.0.random_bool(probability.min(1.0))
    }

    /// A time up to the limit.
    pub(super) fn within(&mut self, limit: Duration) -> Duration {
        if limit.is_zero() {
            return limit;
        }
        limit.mul_f64(self.0.random::<f64>())
    }

    /// A number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end.max(1))
    }

    /// An id in hexadecimal digits.
    pub(super) fn id(&mut self) -> String {
        let id = self.0.random::<u128>();
        let (a, b, c) = (id >> 96, (id >> 80) & 0xffff, (id >> 64) & 0xffff);
        format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", (id >> 48) & 0xffff, id & 0xffff_ffff_ffff)
    }
}

/// The time, the faults and the chance of a call.
#[derive(Debug)]
pub(super) struct Circumstances<'a> {
    pub(super) now: Timestamp,
    pub(super) faults: &'a Faults,
    pub(super) chance: &'a mut Chance,
}
