//! The engine's metrics, written as a log line that CloudWatch turns into metrics.
//!
//! An invocation adds up its numbers and prints them once, at its end, in one line; without numbers it prints none. What
//! Lambda and SQS count for free is not counted again: invocations are facts, messages sent are jobs. The line is in
//! CloudWatch's embedded metric format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//! No crate is used: the format is one JSON object, and the existing crates keep one set of numbers for the whole
//! process.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, Write};

use domain::app::App;
use domain::job::Job;
use domain::log::Status;
use domain::trigger::Trigger;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The metrics' namespace in CloudWatch.
pub const NAMESPACE: &str = "IntegrationEngine";
/// The most values of one metric that CloudWatch accepts in a line.
const MOST_VALUES: usize = 100;

/// The trigger or the app of a number. A line names it for queries of the log. It is no dimension: a metric is stored for
/// the stack as a whole, because every value of a dimension costs as much as one more metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// A trigger and its facts.
    Trigger(Trigger),
    /// An app and its jobs.
    App(App),
}

impl About {
    fn name(self) -> (&'static str, &'static str) {
        match self {
            About::Trigger(trigger) => ("Trigger", trigger.key()),
            About::App(app) => ("App", app.key()),
        }
    }
}

/// The metrics, with the name of each in CloudWatch.
macro_rules! metrics {
    ($($(#[$doc:meta])+ $metric:ident,)+) => {
        /// A number that is counted or measured.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Metric {
            /// Jobs that reached a status, by the status.
            Outcome(Status),
            $($(#[$doc])+ $metric,)+
        }

        impl Metric {
            /// The metrics that are named as their variants.
            const AS_WRITTEN: &[Self] = &[$(Self::$metric),+];

            /// The metric's name in CloudWatch.
            pub fn name(self) -> &'static str {
                match self {
                    Self::Outcome(status) => of_status(status),
                    $(Self::$metric => stringify!($metric),)+
                }
            }
        }
    };
}

metrics! {
    /// Facts that a trigger had planned before.
    FactsRepeated,
    /// Facts that break the contract and are kept in the facts queue.
    FactsRejected,
    /// The time from the fact to its effect in the app, in milliseconds.
    Latency,
    /// Messages that contain no job.
    Poison,
    /// Actions at which a connector panicked: a defect of the engine.
    Panics,
    /// Deliveries of jobs that failed because of the table: they return, and no record can report it.
    TableFailures,
    /// Parked and held jobs that a sweep sent to their queue.
    Released,
    /// Prospects whose timer was started.
    ProspectsScheduled,
    /// Prospects who had not bought when their timer ended.
    ProspectsFired,
    /// Prospects who had bought when their timer ended.
    ProspectsBought,
}

fn of_status(status: Status) -> &'static str {
    match status {
        Status::Performed => "Performed",
        Status::AlreadySo => "AlreadySo",
        Status::Duplicate => "Duplicate",
        Status::Superseded => "Superseded",
        Status::Retrying => "Retrying",
        Status::RateLimited => "RateLimited",
        Status::Held => "Held",
        Status::Rejected => "Rejected",
        Status::Exhausted => "Exhausted",
        Status::Canceled => "Canceled",
    }
}

impl Metric {
    /// Every metric.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::AS_WRITTEN.iter().copied().chain(Status::ALL.iter().copied().map(Self::Outcome))
    }

    fn is_time(self) -> bool {
        matches!(self, Metric::Latency)
    }
}

/// The numbers of one invocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers(BTreeMap<(&'static str, &'static str), BTreeMap<Metric, Vec<u64>>>);

tokio::task_local! {
    static INVOCATION: RefCell<Numbers>;
}

/// Adds `by` to a count. Outside an invocation, nothing is counted.
pub fn count(about: About, metric: Metric, by: usize) {
    add(about, metric, u64::try_from(by).unwrap_or(u64::MAX));
}

/// Counts a job's new status, and the time since its fact.
pub fn outcome(job: &Job, status: Status, now: Timestamp) {
    let about = About::App(job.app);
    add(about, Metric::Outcome(status), 1);
    let age = u64::try_from(now.duration_since(job.occurred_at).as_millis()).unwrap_or(0);
    match status {
        // A prospect's job waits on purpose: its hours would hide the latency of the others.
        Status::Performed | Status::AlreadySo if job.trigger != Trigger::ProspectCreated => {
            add(about, Metric::Latency, age);
        }
        Status::Performed
        | Status::AlreadySo
        | Status::Duplicate
        | Status::Superseded
        | Status::Retrying
        | Status::RateLimited
        | Status::Held
        | Status::Rejected
        | Status::Exhausted
        | Status::Canceled => {}
    }
}

fn add(about: About, metric: Metric, number: u64) {
    INVOCATION.try_with(|numbers| numbers.borrow_mut().add(about, metric, number)).ok();
}

/// Gathers the numbers of `invocation` and prints them when it ends, with or without an error.
pub(crate) async fn print<T>(stack: &str, now: fn() -> Timestamp, invocation: impl Future<Output = T>) -> T {
    let (result, numbers) = gather(invocation).await;
    let lines: String = numbers.lines(stack, now()).into_iter().map(|line| line + "\n").collect();
    // One write, so that no log line is written in between.
    if let Err(error) = io::stdout().lock().write_all(lines.as_bytes()) {
        tracing::warn!(%error, "the metrics were not printed");
    }
    result
}

/// Runs a future and gathers its numbers.
pub async fn gather<T>(invocation: impl Future<Output = T>) -> (T, Numbers) {
    let measured = async {
        let result = invocation.await;
        (result, INVOCATION.with(RefCell::take))
    };
    INVOCATION.scope(RefCell::default(), measured).await
}

impl Numbers {
    fn add(&mut self, about: About, metric: Metric, number: u64) {
        if number == 0 && !metric.is_time() {
            return;
        }
        let values = self.0.entry(about.name()).or_default().entry(metric).or_default();
        match values.first_mut() {
            Some(sum) if !metric.is_time() => *sum = sum.saturating_add(number),
            _ => values.push(number),
        }
    }

    /// The counts, or each measured time.
    pub fn of(&self, about: About, metric: Metric) -> &[u64] {
        let values = self.0.get(&about.name()).and_then(|metrics| metrics.get(&metric));
        values.map_or(&[], Vec::as_slice)
    }

    /// The names of the metrics with a number.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.values().flat_map(BTreeMap::keys).map(|metric| metric.name())
    }

    /// The line for CloudWatch, for the engine with the stack name `stack`; more than one only if a metric has more values
    /// than a line accepts.
    pub fn lines(&self, stack: &str, now: Timestamp) -> Vec<String> {
        let mut metrics: BTreeMap<Metric, Vec<u64>> = BTreeMap::new();
        for (metric, values) in self.0.values().flatten() {
            let all = metrics.entry(*metric).or_default();
            match all.first_mut() {
                Some(sum) if !metric.is_time() => *sum += values.iter().sum::<u64>(),
                _ => all.extend(values),
            }
        }
        let longest = metrics.values().map(Vec::len).max().unwrap_or(0);
        let part = |part: usize| {
            let values = metrics.iter().filter_map(move |(metric, values)| {
                values.chunks(MOST_VALUES).nth(part).map(|values| (*metric, values))
            });
            self.line(stack, values, now)
        };
        (0..longest.div_ceil(MOST_VALUES)).map(part).collect()
    }

    fn line<'a>(
        &self,
        stack: &str,
        metrics: impl Iterator<Item = (Metric, &'a [u64])>,
        now: Timestamp,
    ) -> String {
        let mut root = Map::new();
        let mut defined = Vec::new();
        for (metric, values) in metrics {
            let (shown, definition) = if metric.is_time() {
                (json!(values), json!({ "Name": metric.name(), "Unit": "Milliseconds" }))
            } else {
                (json!(values.first()), json!({ "Name": metric.name() }))
            };
            root.insert(metric.name().to_owned(), shown);
            defined.push(definition);
        }
        root.insert("Stack".to_owned(), json!(stack));
        for (name, value) in self.0.keys() {
            match root.get_mut(*name) {
                None => {
                    root.insert((*name).to_owned(), json!(value));
                }
                // The sweeper has numbers of several apps.
                Some(Value::String(values)) => values.extend([" ", value]),
                Some(_) => {}
            }
        }
        let meta = json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": [["Stack"]], "Metrics": defined }],
        });
        root.insert("_aws".to_owned(), meta);
        Value::Object(root).to_string()
    }
}

#[cfg(test)]
mod tests;
