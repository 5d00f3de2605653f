//! The functions' logs, from CloudWatch Logs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::engine::Engine;

/// The maximum number of lines in a response.
const MOST: usize = 10_000;

impl Engine {
    /// All lines of the functions and of the platform about them, by the log's name.
    pub async fn log_lines(&self) -> BTreeMap<String, Vec<String>> {
        let prefix = format!("/aws/lambda/{}/", self.outputs.stack);
        let groups = self.logs("DescribeLogGroups", &json!({ "logGroupNamePrefix": prefix })).await;
        let mut found = BTreeMap::new();
        for group in groups["logGroups"].as_array().into_iter().flatten() {
            let name = group["logGroupName"].as_str().expect("a name");
            let lines = self.lines(name).await;
            found.insert(name.trim_start_matches(&prefix).to_owned(), lines);
        }
        found
    }

    async fn lines(&self, group: &str) -> Vec<String> {
        let (mut lines, mut since) = (Vec::new(), 0);
        loop {
            let wanted = json!({ "logGroupName": group, "startTime": since, "limit": MOST });
            let answer = self.logs("FilterLogEvents", &wanted).await;
            let events = answer["events"].as_array().cloned().unwrap_or_default();
            let message = |event: &Value| event["message"].as_str().expect("a line").to_owned();
            lines.extend(events.iter().map(message));
            // Local AWS has no further pages: the next request begins at the millisecond in which this page ends.
            let last = events.last().and_then(|event| event["timestamp"].as_i64());
            match last {
                Some(last) if events.len() == MOST && last > since => since = last,
                _ => return lines,
            }
        }
    }

    /// Calls CloudWatch Logs of local AWS, which does not check its root user's signature.
    pub async fn logs(&self, operation: &str, body: &Value) -> Value {
        let scope = format!("test/20260101/{}/logs/aws4_request", self.outputs.region);
        let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let request = self
            .http
            .post(&self.outputs.endpoint_url)
            .header("authorization", signature)
            .header("x-amz-target", format!("Logs_20140328.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .body(body.to_string());
        let answer = request.send().await.and_then(reqwest::Response::error_for_status);
        answer.expect("CloudWatch Logs").json().await.expect("JSON")
    }
}
