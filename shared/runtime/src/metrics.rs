//! What the engine counts, written as a log line that CloudWatch turns into metrics.
//!
//! An invocation adds up its numbers and prints them once, at its end: one line for each trigger or app that it was
//! about, none where nothing happened. The line is CloudWatch's embedded metric format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//! No crate: the format is one JSON object, and those that there are keep one set of numbers for the whole process.

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

/// Where CloudWatch shows them.
pub const NAMESPACE: &str = "IntegrationEngine";
/// As many values of one metric as CloudWatch takes from a line.
const MOST_VALUES: usize = 100;

/// What a number is about. Each metric stands under the stack, and under the stack with this. Every further value is a
/// metric more on the bill, so there is none for a merchant, an integration or an action.
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

/// What is counted or measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Facts that a trigger planned. One fact can wake three triggers.
    Facts,
    /// Facts that a trigger had planned before.
    FactsRepeated,
    /// Facts that break the contract and are kept in the facts queue.
    FactsRejected,
    /// Subjects (an order, an item) that a trigger fired for.
    Firings,
    /// Jobs that went to a queue.
    Jobs,
    /// Calls of an app.
    Attempts,
    /// Jobs that came to stand there, by the status.
    Outcome(Status),
    /// From the fact to its effect in the app, in milliseconds.
    Latency,
    /// From the fact to an attempt that did not succeed and is repeated, in milliseconds.
    RetryAge,
    /// Messages that are no job.
    Poison,
    /// Actions at which a connector panicked: a defect of ours.
    Panics,
    /// Deliveries of jobs that the table failed: they return, and no row can say so.
    TableFailures,
    /// Parked jobs that a sweep found due, or held ones that it found free.
    ParkedDue,
    /// Those of them that the sweep put back on their queue.
    Released,
    /// Prospects whose timer was started.
    ProspectsScheduled,
    /// Prospects who had not bought when their timer ended.
    ProspectsFired,
    /// Prospects who had.
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

/// Counts `by` more. Outside an invocation there is nothing to count for, and nothing happens.
pub fn count(about: About, metric: Metric, by: usize) {
    add(about, metric, u64::try_from(by).unwrap_or(u64::MAX));
}

/// Counts where a job has come to stand, and how long that took since its fact.
pub fn outcome(job: &Job, status: Status, now: Timestamp) {
    let about = About::App(job.app);
    add(about, Metric::Outcome(status), 1);
    let age = u64::try_from(now.duration_since(job.occurred_at).as_millis()).unwrap_or(0);
    match status {
        // A prospect's job waits on purpose: hours would hide what the others take.
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

/// Gathers the numbers of `invocation` and prints them when it ends, well or not.
pub(crate) async fn print<T>(stack: &str, now: fn() -> Timestamp, invocation: impl Future<Output = T>) -> T {
    let (result, numbers) = gather(invocation).await;
    let lines: String = numbers.lines(stack, now()).into_iter().map(|line| line + "\n").collect();
    // One write, so that no log line comes in between.
    if let Err(error) = io::stdout().lock().write_all(lines.as_bytes()) {
        tracing::warn!(%error, "the metrics were not printed");
    }
    result
}

/// Runs something and gathers what it counts.
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

    /// What was counted, or each time that was measured.
    pub fn of(&self, about: About, metric: Metric) -> &[u64] {
        let values = self.0.get(&about.dimension()).and_then(|metrics| metrics.get(&metric));
        values.map_or(&[], Vec::as_slice)
    }

    /// The lines that CloudWatch reads, of the engine that is called `stack`.
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
