//! The calls of SQS, in its JSON protocol.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use md5::{Digest, Md5};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::queue::{Attribute, BadReceipt, NewMessage, Received};
use super::{Queue, Sqs};
use crate::aws::answer::Answer;
use crate::aws::chance::Circumstances;

/// The most bytes of a message, and of all messages of a call.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
const LARGEST: usize = 1 << 20;
const MOST_ENTRIES: usize = 10;
/// Twelve hours.
const LONGEST_VISIBILITY: u64 = 43_200;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Send {
    queue_url: String,
    message_body: String,
    delay_seconds: Option<u64>,
    message_group_id: Option<String>,
    message_attributes: Option<BTreeMap<String, Attribute>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendBatch {
    queue_url: String,
    entries: Vec<SendEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendEntry {
    id: String,
    message_body: String,
    delay_seconds: Option<u64>,
    message_group_id: Option<String>,
    message_attributes: Option<BTreeMap<String, Attribute>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Receive {
    queue_url: String,
    max_number_of_messages: Option<usize>,
    visibility_timeout: Option<u64>,
    // A call of the AWS in memory never misses an existing message, so it need not wait for one.
    #[serde(rename = "WaitTimeSeconds")]
    _wait_time_seconds: Option<u64>,
    #[serde(default)]
    message_attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    queue_url: String,
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ChangeVisibility {
    queue_url: String,
    receipt_handle: String,
    visibility_timeout: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetAttributes {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown {
    message_id: String,
    receipt_handle: String,
    #[serde(rename = "MD5OfBody")]
    digest: String,
    body: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<String, Attribute>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    successful: Vec<serde_json::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<serde_json::Value>,
}

type Done = Result<Answer, Answer>;

impl Sqs {
    /// Performs a call; `None` if the operation is not implemented.
    pub(in crate::aws) fn call(
        &mut self,
        operation: &str,
        body: &[u8],
        with: &mut Circumstances<'_>,
    ) -> Option<Answer> {
        let done = match operation {
            "SendMessage" => self.send_message(body, with),
            "SendMessageBatch" => self.send_batch(body, with),
            "ReceiveMessage" => self.receive_message(body, with),
            "DeleteMessage" => self.delete_message(body),
            "ChangeMessageVisibility" => self.change_visibility(body, with),
            "GetQueueAttributes" => self.get_attributes(body, with),
            _ => return None,
        };
        Some(done.unwrap_or_else(|refused| refused))
    }

    fn at(&mut self, url: &str) -> Result<&mut Queue, Answer> {
        self.queue(url).ok_or_else(|| {
            let message = "The specified queue does not exist.";
            Answer::error(400, "com.amazonaws.sqs#QueueDoesNotExist", message)
                .with("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")
        })
    }

    fn send_message(&mut self, body: &[u8], with: &mut Circumstances<'_>) -> Done {
        let send: Send = read(body)?;
        let queue = self.at(&send.queue_url)?;
        check(&send.message_body, send.message_group_id.as_deref(), send.delay_seconds)
            .map_err(|wrong| Answer::error(400, wrong.code, &wrong.why))?;
        let attributes = send.message_attributes.unwrap_or_default();
        let message = NewMessage { body: send.message_body, group: send.message_group_id, attributes };
        if size(&message) > LARGEST {
            return Err(too_long());
        }
        let digest = digest(&message.body);
        let id = queue.send(message, Duration::from_secs(send.delay_seconds.unwrap_or(0)), with);
        Ok(Answer::json(&json!({ "MessageId": id, "MD5OfMessageBody": digest })))
    }

    fn send_batch(&mut self, body: &[u8], with: &mut Circumstances<'_>) -> Done {
        let batch: SendBatch = read(body)?;
        let queue = self.at(&batch.queue_url)?;
        let ids: BTreeSet<_> = batch.entries.iter().map(|entry| entry.id.as_str()).collect();
        if batch.entries.is_empty() {
            let message = "There should be at least one SendMessageBatchRequestEntry in the request.";
            return Err(Answer::error(400, "com.amazonaws.sqs#EmptyBatchRequest", message));
        }
        if batch.entries.len() > MOST_ENTRIES {
            let message = format!(
                "Maximum number of entries per request are 10. You have sent {}.",
                batch.entries.len()
            );
            return Err(Answer::error(400, "com.amazonaws.sqs#TooManyEntriesInBatchRequest", &message));
        }
        if ids.len() < batch.entries.len() {
            let message = "Two or more batch entries in the request have the same Id.";
            return Err(Answer::error(400, "com.amazonaws.sqs#BatchEntryIdsNotDistinct", message));
        }
        let messages = batch.entries.into_iter().map(|entry| {
            let attributes = entry.message_attributes.unwrap_or_default();
            let message = NewMessage { body: entry.message_body, group: entry.message_group_id, attributes };
            (entry.id, entry.delay_seconds, message)
        });
        let messages: Vec<_> = messages.collect();
        if messages.iter().map(|(_, _, message)| size(message)).sum::<usize>() > LARGEST {
            let message = format!("Batch requests cannot be longer than {LARGEST} bytes.");
            return Err(Answer::error(400, "com.amazonaws.sqs#BatchRequestTooLong", &message));
        }
        let mut done = Batch::default();
        for (id, delay, message) in messages {
            if let Err(Wrong { code, why }) = check(&message.body, message.group.as_deref(), delay) {
                done.failed.push(json!({ "Id": id, "Code": code, "Message": why, "SenderFault": true }));
            } else if with.chance.happens(with.faults.failed_entries) {
                done.failed.push(json!({ "Id": id, "Code": "InternalError", "Message": "An internal error occurred.", "SenderFault": false }));
            } else {
                let digest = digest(&message.body);
                let sent = queue.send(message, Duration::from_secs(delay.unwrap_or(0)), with);
                done.successful.push(json!({ "Id": id, "MessageId": sent, "MD5OfMessageBody": digest }));
            }
        }
        Ok(Answer::json(&done))
    }

    fn receive_message(&mut self, body: &[u8], with: &mut Circumstances<'_>) -> Done {
        let receive: Receive = read(body)?;
        self.at(&receive.queue_url)?;
        let most = receive.max_number_of_messages.unwrap_or(1);
        if !(1..=MOST_ENTRIES).contains(&most) {
            return Err(invalid(format!(
                "Value {most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
            )));
        }
        let visibility = receive.visibility_timeout.map(visibility).transpose()?;
        let found = self.receive(&receive.queue_url, most, visibility, with).unwrap_or_default();
        let system: Vec<_> =
            receive.message_system_attribute_names.iter().chain(&receive.attribute_names).collect();
        let shown: Vec<_> =
            found.into_iter().map(|one| show(one, &system, &receive.message_attribute_names)).collect();
        Ok(Answer::json(&if shown.is_empty() { json!({}) } else { json!({ "Messages": shown }) }))
    }

    fn delete_message(&mut self, body: &[u8]) -> Done {
        let delete: Delete = read(body)?;
        let queue = self.at(&delete.queue_url)?;
        if queue.delete(&delete.receipt_handle) {
            Ok(nothing())
        } else {
            Err(bad_receipt(&delete.receipt_handle))
        }
    }

    fn change_visibility(&mut self, body: &[u8], with: &mut Circumstances<'_>) -> Done {
        let change: ChangeVisibility = read(body)?;
        let queue = self.at(&change.queue_url)?;
        let wait = visibility(change.visibility_timeout)?;
        match queue.change_visibility(&change.receipt_handle, wait, with.now) {
            Ok(()) => Ok(nothing()),
            Err(BadReceipt::Unknown) => Err(bad_receipt(&change.receipt_handle)),
            Err(BadReceipt::NotInFlight) => {
                let message = "The specified message isn't in flight.";
                Err(Answer::error(400, "com.amazonaws.sqs#MessageNotInflight", message))
            }
        }
    }

    fn get_attributes(&mut self, body: &[u8], with: &mut Circumstances<'_>) -> Done {
        let get: GetAttributes = read(body)?;
        let queue = self.at(&get.queue_url)?;
        let [visible, in_flight, delayed] = queue.counts(with.now);
        let all = [
            ("ApproximateNumberOfMessages", visible.to_string()),
            ("ApproximateNumberOfMessagesNotVisible", in_flight.to_string()),
            ("ApproximateNumberOfMessagesDelayed", delayed.to_string()),
            ("VisibilityTimeout", queue.settings.visibility.as_secs().to_string()),
            ("MessageRetentionPeriod", queue.settings.retention.as_secs().to_string()),
        ];
        let wanted = |name: &str| get.attribute_names.iter().any(|wanted| wanted == name || wanted == "All");
        let found: BTreeMap<_, _> = all.into_iter().filter(|(name, _)| wanted(name)).collect();
        Ok(Answer::json(&if found.is_empty() { json!({}) } else { json!({ "Attributes": found }) }))
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    serde_json::from_slice(body).map_err(|why| invalid(why.to_string()))
}

/// SQS answers some calls without a body.
fn nothing() -> Answer {
    Answer { body: Vec::new(), ..Answer::json(&json!({})) }
}

fn invalid(why: impl Into<String>) -> Answer {
    Answer::error(400, "InvalidParameterValue", &why.into())
}

fn too_long() -> Answer {
    invalid(format!(
        "One or more parameters are invalid. Reason: Message must be shorter than {LARGEST} bytes."
    ))
}

fn bad_receipt(receipt: &str) -> Answer {
    let message = format!("The input receipt handle \"{receipt}\" is not a valid receipt handle.");
    Answer::error(400, "com.amazonaws.sqs#ReceiptHandleIsInvalid", &message)
}

fn visibility(seconds: u64) -> Result<Duration, Answer> {
    if seconds <= LONGEST_VISIBILITY {
        return Ok(Duration::from_secs(seconds));
    }
    Err(invalid(format!(
        "Value {seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
    )))
}

fn size(message: &NewMessage) -> usize {
    let attribute = |(name, one): (&String, &Attribute)| {
        let value = one.string_value.as_deref().or(one.binary_value.as_deref()).map_or(0, str::len);
        name.len() + one.data_type.len() + value
    };
    message.body.len() + message.attributes.iter().map(attribute).sum::<usize>()
}

fn digest(body: &str) -> String {
    data_encoding::HEXLOWER.encode(&Md5::digest(body.as_bytes()))
}

/// Why a message cannot be sent.
struct Wrong {
    code: &'static str,
    why: String,
}

/// Refuses a message that SQS does not accept.
fn check(body: &str, group: Option<&str>, delay: Option<u64>) -> Result<(), Wrong> {
    let invalid = |why: String| Wrong { code: "InvalidParameterValue", why };
    let allowed = |one: char| matches!(one, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    if body.is_empty() {
        let why = "The request must contain the parameter MessageBody.".to_owned();
        return Err(Wrong { code: "MissingParameter", why });
    }
    if !body.chars().all(allowed) {
        let why = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF".to_owned();
        return Err(Wrong { code: "InvalidMessageContents", why });
    }
    if let Some(group) = group
        && (group.is_empty() || group.len() > 128 || !group.chars().all(|one| one.is_ascii_graphic()))
    {
        return Err(invalid(format!(
            "Value {group} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."
        )));
    }
    if let Some(delay) = delay.filter(|delay| *delay > 900) {
        return Err(invalid(format!(
            "Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
        )));
    }
    Ok(())
}

fn show(one: Received, system: &[&String], wanted: &[String]) -> Shown {
    let all = [
        ("SentTimestamp", one.sent.as_millisecond().to_string()),
        ("ApproximateFirstReceiveTimestamp", one.since.as_millisecond().to_string()),
        ("ApproximateReceiveCount", one.count.to_string()),
    ];
    let named = |name: &str| system.iter().any(|wanted| *wanted == name || *wanted == "All");
    let group = one.content.group.into_iter().map(|group| ("MessageGroupId", group));
    let attributes = all.into_iter().chain(group).filter(|(name, _)| named(name)).collect();
    let matches = |name: &str| {
        wanted.iter().any(|wanted| {
            wanted == name
                || wanted == "All"
                || wanted.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
        })
    };
    let message_attributes = one.content.attributes.into_iter().filter(|(name, _)| matches(name)).collect();
    Shown {
        message_id: one.id,
        receipt_handle: one.receipt,
        digest: digest(&one.content.body),
        body: one.content.body,
        attributes,
        message_attributes,
    }
}
