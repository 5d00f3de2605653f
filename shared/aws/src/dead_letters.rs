//! Queues that an operator has to look at: the apps' dead letters, and the facts that could not be planned.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use domain::app::App;
use jiff::Timestamp;

use crate::clients::{OnUse, on_use};
use crate::queue::{self, Depth, QueueError};

/// How long a letter that was received to be moved is hidden from other receivers.
const OURS_FOR: Duration = Duration::from_mins(5);
/// The attributes with which EventBridge and Scheduler describe why they could not deliver an event.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>
const WHY: [&str; 2] = ["ERROR_MESSAGE", "ERROR_CODE"];
/// The most messages that SQS returns in one receive.
const MOST_AT_ONCE: usize = 10;

/// One of these queues.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    client: OnUse<Client>,
    url: String,
}

/// A message that was received and is still on its queue.
#[derive(Debug, Clone)]
pub struct Letter {
    /// SQS's id of the message.
    pub id: String,
    /// The message's text.
    pub body: String,
    /// When the message was sent to this queue, if SQS returns it.
    pub sent_at: Option<Timestamp>,
    /// Why the message is on this queue, if AWS sent it and returned a reason.
    pub why: Option<String>,
    receipt: String,
}

impl DeadLetters {
    /// `url`: the URL of the queue.
    pub fn new(config: &aws_config::SdkConfig, url: String) -> Self {
        Self { client: on_use(config, Client::new), url }
    }

    /// `urls`: the URL of each app's dead-letter queue.
    pub fn of_apps(config: &aws_config::SdkConfig, urls: BTreeMap<App, String>) -> BTreeMap<App, Self> {
        let client = on_use(config, Client::new);
        urls.into_iter().map(|(app, url)| (app, Self { client: Arc::clone(&client), url })).collect()
    }

    /// The next letters, at most `most`; none once the queue returns no more. They are hidden for five minutes.
    pub async fn receive(&self, most: usize) -> Result<Vec<Letter>, QueueError> {
        self.receive_for(most, OURS_FOR).await
    }

    /// The same, hidden for the given time.
    pub async fn receive_for(&self, most: usize, hidden: Duration) -> Result<Vec<Letter>, QueueError> {
        let most = i32::try_from(most.clamp(1, MOST_AT_ONCE)).unwrap_or(1);
        let request = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(most)
            .visibility_timeout(i32::try_from(hidden.as_secs()).unwrap_or(i32::MAX))
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .set_message_attribute_names(Some(WHY.map(str::to_owned).into()))
            // Without a wait, SQS asks only some of its servers, and a short queue can look empty.
            .wait_time_seconds(1);
        let answer = request.send().await.map_err(|source| QueueError::Unavailable {
            operation: "ReceiveMessage",
            source: Box::new(source),
        })?;
        Ok(answer.messages.unwrap_or_default().into_iter().map(letter).collect())
    }

    /// The number of messages in the queue.
    pub async fn depth(&self) -> Result<Depth, QueueError> {
        queue::depth(&self.client, &self.url).await
    }

    /// Deletes a letter permanently.
    pub async fn delete(&self, letter: &Letter) -> Result<(), QueueError> {
        let request = self.client.delete_message().queue_url(&self.url).receipt_handle(&letter.receipt);
        request.send().await.map(drop).map_err(|source| QueueError::Unavailable {
            operation: "DeleteMessage",
            source: Box::new(source),
        })
    }

    /// Makes a letter visible to all receivers again.
    pub async fn put_back(&self, letter: &Letter) -> Result<(), QueueError> {
        let request = self
            .client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(&letter.receipt)
            .visibility_timeout(0);
        request.send().await.map(drop).map_err(|source| QueueError::Unavailable {
            operation: "ChangeMessageVisibility",
            source: Box::new(source),
        })
    }
}

fn letter(message: Message) -> Letter {
    let sent =
        message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    let said = |name: &str| {
        let attribute = message.message_attributes.as_ref().and_then(|all| all.get(name));
        attribute.and_then(|attribute| attribute.string_value.clone())
    };
    Letter {
        sent_at: sent.and_then(|at| Timestamp::from_millisecond(at.parse().ok()?).ok()),
        why: WHY.into_iter().find_map(said),
        id: message.message_id.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        receipt: message.receipt_handle.unwrap_or_default(),
    }
}
