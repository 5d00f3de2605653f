//! The engine's metrics, written as a log line that CloudWatch turns into metrics.
//!
//! An invocation adds up its numbers and prints them once, at its end: one line for each trigger or app that has
//! numbers. The line is in CloudWatch's embedded metric format:
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

/// The dimension of a number. Each metric is stored for the stack, and for the stack with this dimension. Every further
/// value costs one more metric, so there is none for a merchant, an integration or an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// A trigger and its facts.
    Trigger(Trigger),
    /// An app and its jobs.
    App(App),
}

impl About {
    fn dimension(self) -> (&'static str, &'static str) {
        match self {
            About::Trigger(trigger) => ("Trigger", trigger.key()),
            About::App(app) => ("App", app.key()),
        }
    }
}

/// A number that is counted or measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Facts that a trigger planned. One fact can invoke three triggers.
    Facts,
    /// Facts that a trigger had planned before.
    FactsRepeated,
    /// Facts that break the contract and are kept in the facts queue.
    FactsRejected,
    /// Subjects (an order, an item) that a trigger fired for.
    Firings,
    /// Jobs that were sent to a queue.
    Jobs,
    /// Calls of an app.
    Attempts,
    /// Jobs that reached a status, by the status.
    Outcome(Status),
    /// The time from the fact to its effect in the app, in milliseconds.
    Latency,
    /// The time from the fact to an attempt that did not succeed and is retried, in milliseconds.
    RetryAge,
    /// Messages that contain no job.
    Poison,
    /// Actions at which a connector panicked: a defect of the engine.
    Panics,
    /// Deliveries of jobs that failed because of the table: they return, and no record can report it.
    TableFailures,
    /// Parked jobs that a sweep found due, or held jobs that it may release.
    ParkedDue,
    /// Those jobs that the sweep sent to their queue.
    Released,
    /// Prospects whose timer was started.
    ProspectsScheduled,
    /// Prospects who had not bought when their timer ended.
    ProspectsFired,
    /// Prospects who had bought when their timer ended.
    ProspectsBought,
}

impl Metric {
    /// The metric's name in CloudWatch.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Facts => "Facts",
            Metric::FactsRepeated => "FactsRepeated",
            Metric::FactsRejected => "FactsRejected",
            Metric::Firings => "Firings",
            Metric::Jobs => "Jobs",
            Metric::Attempts => "Attempts",
            Metric::Outcome(status) => match status {
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
            },
            Metric::Latency => "Latency",
            Metric::RetryAge => "RetryAge",
            Metric::Poison => "Poison",
            Metric::Panics => "Panics",
            Metric::TableFailures => "TableFailures",
            Metric::ParkedDue => "ParkedDue",
            Metric::Released => "Released",
            Metric::ProspectsScheduled => "ProspectsScheduled",
            Metric::ProspectsFired => "ProspectsFired",
            Metric::ProspectsBought => "ProspectsBought",
        }
    }

    fn is_time(self) -> bool {
        matches!(self, Metric::Latency | Metric::RetryAge)
    }

    fn unit(self) -> &'static str {
        if self.is_time() { "Milliseconds" } else { "Count" }
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
        Status::Retrying | Status::RateLimited => add(about, Metric::RetryAge, age),
        Status::Performed
        | Status::AlreadySo
        | Status::Duplicate
        | Status::Superseded
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
        let values = self.0.entry(about.dimension()).or_default().entry(metric).or_default();
        match values.first_mut() {
            Some(sum) if !metric.is_time() => *sum = sum.saturating_add(number),
            _ => values.push(number),
        }
    }

    /// The counts, or each measured time.
    pub fn of(&self, about: About, metric: Metric) -> &[u64] {
        let values = self.0.get(&about.dimension()).and_then(|metrics| metrics.get(&metric));
        values.map_or(&[], Vec::as_slice)
    }

    /// The lines for CloudWatch, for the engine with the stack name `stack`.
    pub fn lines(&self, stack: &str, now: Timestamp) -> Vec<String> {
        let mut lines = Vec::new();
        for (dimension, metrics) in &self.0 {
            let longest = metrics.values().map(Vec::len).max().unwrap_or(0);
            for part in 0..longest.div_ceil(MOST_VALUES) {
                let values = metrics.iter().filter_map(|(metric, values)| {
                    values.chunks(MOST_VALUES).nth(part).map(|values| (*metric, values))
                });
                lines.push(line(stack, *dimension, values, now));
            }
        }
        lines
    }
}

fn line<'a>(
    stack: &str,
    (dimension, value): (&str, &str),
    metrics: impl Iterator<Item = (Metric, &'a [u64])>,
    now: Timestamp,
) -> String {
    let mut root = Map::new();
    let mut defined = Vec::new();
    for (metric, values) in metrics {
        let shown = if metric.is_time() { json!(values) } else { json!(values.first()) };
        root.insert(metric.name().to_owned(), shown);
        defined.push(json!({ "Name": metric.name(), "Unit": metric.unit() }));
    }
    root.insert("Stack".to_owned(), json!(stack));
    root.insert(dimension.to_owned(), json!(value));
    let meta = json!({
        "Timestamp": now.as_millisecond(),
        "CloudWatchMetrics": [{
            "Namespace": NAMESPACE,
            "Dimensions": [["Stack"], ["Stack", dimension]],
            "Metrics": defined,
        }],
    });
    root.insert("_aws".to_owned(), meta);
    Value::Object(root).to_string()
}

#[cfg(test)]
mod tests;
