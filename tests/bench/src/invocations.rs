//! The functions' invocations, from CloudWatch Logs.
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use stack::Engine;

/// CloudWatch bills this number of bytes per line in addition to the line.
const LINE_BYTES: usize = 26;

/// One function's totals since a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ran {
    pub(crate) invocations: f64,
    pub(crate) log_kilobytes: f64,
}

/// The number of a function's invocations and their total time.
pub(crate) struct Runs {
    invocations: u32,
    took: Duration,
}

impl Runs {
    /// The average time of an invocation.
    pub(crate) fn mean(&self) -> Option<Duration> {
        self.took.checked_div(self.invocations)
    }
}

/// The invocations of connectors since then. Other lines of a long run would fill the response.
pub(crate) async fn runs(engine: &Engine, start: Timestamp) -> Runs {
    let name = format!("/aws/lambda/{}/Apps", engine.outputs.stack);
    let reports =
        json!({ "logGroupName": name, "startTime": start.as_millisecond(), "filterPattern": "REPORT" });
    let lines = engine.logs("FilterLogEvents", &reports).await;
    let mut runs = Runs { invocations: 0, took: Duration::ZERO };
    let lines = lines["events"].as_array().into_iter().flatten();
    for line in lines.filter_map(|event| event["message"].as_str()?.strip_prefix("REPORT ")) {
        runs.invocations += 1;
        runs.took += Duration::from_secs_f64(number(line, "\tDuration: ") / 1000.0);
    }
    runs
}

/// The totals since then of each log of the functions; triggers share one, and connectors.
pub(crate) async fn since(engine: &Engine, start: Timestamp) -> BTreeMap<String, Ran> {
    let prefix = format!("/aws/lambda/{}/", engine.outputs.stack);
    let groups = engine.logs("DescribeLogGroups", &json!({ "logGroupNamePrefix": prefix })).await;
    let mut found = BTreeMap::new();
    for group in groups["logGroups"].as_array().into_iter().flatten() {
        let name = group["logGroupName"].as_str().unwrap_or_default();
        let since = json!({ "logGroupName": name, "startTime": start.as_millisecond() });
        let lines = engine.logs("FilterLogEvents", &since).await;
        let ran = read(&lines["events"]);
        if ran.invocations > 0.0 {
            found.insert(name.trim_start_matches(&prefix).to_owned(), ran);
        }
    }
    found
}

fn read(events: &Value) -> Ran {
    let lines = events.as_array().into_iter().flatten().filter_map(|event| event["message"].as_str());
    let mut ran = Ran::default();
    for line in lines {
        if line.starts_with("REPORT ") {
            ran.invocations += 1.0;
        } else if !line.starts_with("START ") && !line.starts_with("END ") {
            // The template excludes the platform's own lines on AWS.
            let bytes = u32::try_from(line.len() + LINE_BYTES).unwrap_or(u32::MAX);
            ran.log_kilobytes += f64::from(bytes) / 1000.0;
        }
    }
    ran
}

fn number(line: &str, after: &str) -> f64 {
    let rest = line.split_once(after).map_or("", |(_, rest)| rest);
    rest.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_invocations_and_the_functions_lines_are_billed() {
        let lines = [
            "START RequestId: 1",
            &"x".repeat(974),
            "END RequestId: 1",
            "REPORT RequestId: 1\tDuration: 400 ms\tBilled Duration: 500 ms\tMemory Size: 256 MB\tMax Memory Used: 0 MB",
        ];
        let events = lines.map(|line| json!({ "message": line }));
        let ran = read(&json!(events));
        assert!((ran.invocations - 1.0).abs() < 1e-9);
        assert!((ran.log_kilobytes - 1.0).abs() < 1e-9);
    }
}
