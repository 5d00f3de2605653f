//! SQS: messages that are sent, received, hidden and deleted. No time passes.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::aws::QueueSettings;

use crate::Both;
use crate::local::Local;

const QUEUE: &str = "differential";
const DEAD: &str = "differential-dead";

/// The queues in memory.
pub(crate) fn queues() -> [(String, QueueSettings); 2] {
    let settings = QueueSettings { visibility: Duration::from_mins(10), ..QueueSettings::default() };
    let live = QueueSettings { dead_letters: Some((DEAD.to_owned(), 3)), ..settings.clone() };
    [(QUEUE.to_owned(), live), (DEAD.to_owned(), settings)]
}

/// The same queues in local AWS.
pub(crate) fn create(local: &Local) {
    let arn = format!("arn:aws:sqs:us-east-1:000000000000:{DEAD}");
    let redrive = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": 3 }).to_string();
    local.create(
        "AmazonSQS.CreateQueue",
        &json!({ "QueueName": DEAD, "Attributes": { "VisibilityTimeout": "600" } }),
    );
    local.create(
        "AmazonSQS.CreateQueue",
        &json!({ "QueueName": QUEUE, "Attributes": { "VisibilityTimeout": "600", "RedrivePolicy": redrive } }),
    );
}

fn url(queue: &str) -> String {
    format!("http://sqs.us-east-1.localhost:4566/000000000000/{queue}")
}

/// A message that was received from a queue and is hidden, with its receipts.
#[derive(Clone)]
struct Hidden {
    queue: &'static str,
    body: Value,
    receipts: [String; 2],
}

pub(crate) fn compare(both: &mut Both, calls: usize) {
    let mut hidden: Vec<Hidden> = Vec::new();
    for number in 0..calls {
        match both.one_of(&[0, 0, 1, 2, 2, 2, 3, 4, 5]) {
            0 => send(both, number),
            1 => send_batch(both, number),
            2 => receive(both, &mut hidden),
            3 => use_receipt(both, &mut hidden, None),
            4 => {
                let seconds = both.one_of(&[0, 0, 600, 43_200, 43_201]);
                use_receipt(both, &mut hidden, Some(seconds));
            }
            _ => {
                let queue = both.one_of(&[QUEUE, DEAD, "unknown"]);
                let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
                both.same(
                    "AmazonSQS.GetQueueAttributes",
                    &json!({ "QueueUrl": url(queue), "AttributeNames": names }),
                );
            }
        }
    }
}

fn send(both: &mut Both, number: usize) {
    let body = both.one_of(&[
        format!("{number}"),
        format!("{number} \u{1f600}"),
        format!("{number} \u{b}"),
        String::new(),
    ]);
    let mut call = json!({ "QueueUrl": url(QUEUE), "MessageBody": body });
    if both.happens(0.5) {
        call["MessageGroupId"] = json!(both.one_of(&["demo", "other"]));
    }
    if both.happens(0.1) {
        call["DelaySeconds"] = json!(both.one_of(&[600, 900]));
    }
    both.same("AmazonSQS.SendMessage", &call);
}

fn send_batch(both: &mut Both, number: usize) {
    let count = both.one_of(&[0, 1, 2, 3, 11]);
    let entries: Vec<_> = (0..count)
        .map(|entry| {
            let id = if both.happens(0.05) { 0 } else { entry };
            json!({ "Id": id.to_string(), "MessageBody": format!("{number}.{entry}"), "MessageGroupId": "demo" })
        })
        .collect();
    both.same("AmazonSQS.SendMessageBatch", &json!({ "QueueUrl": url(QUEUE), "Entries": entries }));
}

/// Receives messages, and hides them. One call returns a part of them, which may be any part, so it receives until
/// there are no more, and compares all.
fn receive(both: &mut Both, hidden: &mut Vec<Hidden>) {
    let queue = both.one_of(&[QUEUE, QUEUE, DEAD]);
    let call = json!({
        "QueueUrl": url(queue), "MaxNumberOfMessages": 10,
        "MessageSystemAttributeNames": ["ApproximateReceiveCount", "MessageGroupId"],
    });
    let mut found = [Vec::new(), Vec::new()];
    loop {
        let responses = both.unlike("AmazonSQS.ReceiveMessage", &call);
        let messages = |body: &Value| body["Messages"].as_array().cloned().unwrap_or_default();
        let pages = [messages(&responses.memory.body), messages(&responses.local.body)];
        if pages.iter().all(Vec::is_empty) {
            break;
        }
        for (all, page) in found.iter_mut().zip(pages) {
            all.extend(page);
        }
    }
    let plain = |one: &Value| json!([one["Body"], one["Attributes"], one["MD5OfBody"]]);
    for all in &mut found {
        all.sort_by_key(|one| plain(one).to_string());
    }
    let [here, there] = found;
    assert_eq!(here.iter().map(plain).collect::<Vec<_>>(), there.iter().map(plain).collect::<Vec<_>>());
    for (one, two) in here.iter().zip(&there) {
        let receipts = [one, two].map(|one| one["ReceiptHandle"].as_str().unwrap().to_owned());
        hidden.push(Hidden { queue, body: one["Body"].clone(), receipts });
    }
}

/// Deletes a message, or changes for how long it is hidden.
fn use_receipt(both: &mut Both, hidden: &mut Vec<Hidden>, seconds: Option<u64>) {
    let none =
        || Hidden { queue: QUEUE, body: Value::Null, receipts: ["none".to_owned(), "none".to_owned()] };
    let one = if hidden.is_empty() || both.happens(0.05) { none() } else { both.one_of(hidden) };
    let operation = if seconds.is_some() { "ChangeMessageVisibility" } else { "DeleteMessage" };
    let call = |receipt: &str| {
        let mut call = json!({ "QueueUrl": url(one.queue), "ReceiptHandle": receipt });
        if let Some(seconds) = seconds {
            call["VisibilityTimeout"] = json!(seconds);
        }
        call
    };
    both.call(&format!("AmazonSQS.{operation}"), &call(&one.receipts[0]), &call(&one.receipts[1]));
    if seconds.is_none_or(|seconds| seconds == 0) {
        hidden.retain(|other| other.body != one.body || other.queue != one.queue);
    }
}
