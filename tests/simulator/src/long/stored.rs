//! The items and messages that version 0.1.0 stored, as `tests/e2e/stored` has them.

use serde_json::{Value, json};

use super::shop::{MARKETPLACES, STORED};
use super::sweeper::TABLE;
use crate::aws::Aws;
use crate::aws::deployment::{ACCOUNT, REGION};

const FILE: &str = include_str!("../../../e2e/stored/0.1.0.json");
/// The jobs among them: four are done, and three wait.
pub(super) const JOBS: usize = 7;

/// Stores them. A call that is refused changes nothing, and the history ends without its jobs.
pub(super) fn store(aws: &Aws) {
    let stored: Value = serde_json::from_str(FILE).unwrap_or_default();
    for item in stored["items"].as_array().into_iter().flatten() {
        let put = json!({ "TableName": TABLE, "Item": item["M"] });
        aws.call("DynamoDB_20120810.PutItem", &put.to_string());
    }
    let queue = format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/engine-jobs-webhook");
    for message in stored["messages"].as_array().into_iter().flatten() {
        let send = json!({
            "QueueUrl": queue, "MessageBody": message, "MessageGroupId": MARKETPLACES[STORED],
        });
        aws.call("AmazonSQS.SendMessage", &send.to_string());
    }
}
