//! The times in which SQS refuses all calls. Their effect differs from that of single faults: the SDK does not repeat the
//! calls. If it did, it would take tokens from a bucket that all histories of the process share.

use std::ops::Range;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use super::history::{History, Step, Timed};
use super::shop::BEGIN;
use crate::aws::Service;

/// Their number in a history with faults of AWS.
const OUTAGES: usize = 2;
/// The longest one, in seconds: longer than Lambda's retries of an event.
const LONGEST: i64 = 600;

/// The outages of a history.
pub(super) struct Outages(Vec<Range<Timestamp>>);

impl Outages {
    /// Each begins when a fact is published.
    pub(super) fn of(history: &History) -> Self {
        let mut rng = Rng::with_seed(history.seed);
        let published = |timed: &Timed| matches!(timed.step, Step::Publish(_)).then_some(timed.at);
        let published: Vec<_> = history.steps.iter().filter_map(published).collect();
        let count = if history.harsh && !published.is_empty() { OUTAGES } else { 0 };
        let outage = |_| {
            let after = published[rng.usize(..published.len())];
            let begin = BEGIN + SignedDuration::try_from(after).unwrap_or_default();
            begin..begin + SignedDuration::from_secs(rng.i64(20..LONGEST))
        };
        Self((0..count).map(outage).collect())
    }

    pub(super) fn has(&self, service: Service, now: Timestamp) -> bool {
        service == Service::Sqs && self.0.iter().any(|outage| outage.contains(&now))
    }
}
