//! The functions, their invocations, and the work that is due.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::answer::Answer;
use super::deployment::FunctionSettings;
use super::dynamodb::DueIndex;
use super::events::Delivery;
use super::scheduler::ScheduleKey;

/// Something that is due at a time.
#[derive(Debug)]
pub(super) enum Work {
    /// An event for a target, tried so often, since this time.
    Deliver(Delivery, u32, Timestamp),
    /// An asynchronous invocation.
    Invoke(Asynchronous),
    /// A schedule invokes its target.
    Fire(ScheduleKey),
    /// A schedule is deleted.
    Complete(ScheduleKey),
    /// A function is invoked by its own schedule.
    Every(String),
}

/// An asynchronous invocation.
#[derive(Debug, Clone)]
pub(super) struct Asynchronous {
    pub(super) function: String,
    pub(super) request: String,
    pub(super) payload: String,
    /// How often the function failed.
    pub(super) failures: u32,
    /// How often Lambda had no capacity.
    pub(super) throttles: u32,
    pub(super) since: Timestamp,
}

/// An invocation to begin.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) function: String,
    pub(super) request: String,
    pub(super) payload: String,
    pub(super) caller: Caller,
}

/// Who waits for an invocation's end.
#[derive(Debug)]
pub(super) enum Caller {
    Synchronous(oneshot::Sender<Answer>),
    Asynchronous(Asynchronous),
    /// A queue, with the receipts by message.
    Queue {
        queue: String,
        partial: bool,
        receipts: BTreeMap<String, String>,
    },
}

/// The functions and their invocations.
#[derive(Debug)]
pub(super) struct Lambdas {
    /// By name.
    pub(super) functions: BTreeMap<String, FunctionSettings>,
    pub(super) due: BTreeMap<(Timestamp, u64), Work>,
    next: u64,
    /// Synchronous invocations that wait to begin.
    pub(super) calls: Vec<Start>,
    /// The invocations that run, by function, and those of them that a queue made.
    pub(super) running: BTreeMap<String, usize>,
    pub(super) by_queue: BTreeMap<(String, String), usize>,
    /// Since when messages wait for a batch to fill, by function and queue.
    pub(super) filling: BTreeMap<(String, String), Timestamp>,
    pub(super) concurrency: usize,
    /// The functions whose schedules invoke them only if an item is due.
    pub(super) only_if_due: BTreeMap<String, DueIndex>,
}

impl Default for Lambdas {
    fn default() -> Self {
        Self {
            functions: BTreeMap::new(),
            due: BTreeMap::new(),
            next: 0,
            calls: Vec::new(),
            running: BTreeMap::new(),
            by_queue: BTreeMap::new(),
            filling: BTreeMap::new(),
            concurrency: 1000,
            only_if_due: BTreeMap::new(),
        }
    }
}

impl Lambdas {
    pub(super) fn add(&mut self, at: Timestamp, work: Work) {
        self.due.insert((at, self.next), work);
        self.next += 1;
    }

    pub(super) fn has_capacity(&self) -> bool {
        self.running.values().sum::<usize>() < self.concurrency
    }

    pub(super) fn is_idle(&self) -> bool {
        let waits = |work: &Work| matches!(work, Work::Deliver(..) | Work::Invoke(_));
        self.calls.is_empty()
            && self.running.values().all(|running| *running == 0)
            && !self.due.values().any(waits)
    }

    /// A function by its name or ARN.
    pub(super) fn name(&self, address: &str) -> Option<String> {
        let name = address.rsplit(':').next()?;
        self.functions.contains_key(name).then(|| name.to_owned())
    }
}
