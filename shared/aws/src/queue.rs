//! The apps' queues: jobs are sent in batches, and a connector changes the visibility of messages that it received.

mod batches;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use domain::app::App;
use domain::job::Job;
use domain::trigger::Trigger;
use futures::stream::{self, StreamExt};
use serde::Serialize;

use crate::clients::{OnUse, on_use};

pub use batches::{Batch, Message, batches};

/// The number of batches that are sent concurrently.
const MOST_AT_ONCE: usize = 16;
/// How often the entries that SQS refused are sent again at once.
const MOST_ROUNDS: usize = 3;

/// The errors of a queue.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Some jobs are not on their queue. Sending all of them again does no harm.
    #[error("{unsent} of {of} jobs did not reach the queue of {app}: {why}")]
    Unsent {
        /// The queue's app.
        app: App,
        /// The number of jobs that were not sent.
        unsent: usize,
        /// The number of jobs in the call.
        of: usize,
        /// The error that SQS returned for the first of them.
        why: String,
    },
    /// The deployment has no queue for the app.
    #[error("the deployment has no queue for {0}")]
    NoQueue(App),
    /// The call failed temporarily.
    #[error("SQS did not answer `{operation}`")]
    Unavailable {
        /// The operation that was called.
        operation: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The queues of all apps.
#[derive(Debug, Clone)]
pub struct Queues {
    client: OnUse<Client>,
    urls: BTreeMap<App, String>,
}

impl Queues {
    /// `urls`: the queue's URL for each app.
    pub fn new(config: &aws_config::SdkConfig, urls: BTreeMap<App, String>) -> Self {
        Self { client: on_use(config, Client::new), urls }
    }

    /// Opens the connection to SQS with a call that changes nothing, before the first jobs are sent.
    pub async fn warm(&self) {
        let Some(url) = self.urls.values().next() else { return };
        // SQS refuses a batch without messages.
        drop(self.client.send_message_batch().queue_url(url).set_entries(Some(Vec::new())).send().await);
    }

    /// Sends jobs to their apps' queues. If one queue fails, the jobs of the others are still sent. Jobs are read from
    /// the iterator as there is room for them, so they need not all be in memory. After an error some jobs may be
    /// missing: the caller sends all of them again, which is harmless, because a job's id and effect are the same each
    /// time.
    pub async fn send<J: Borrow<Job>>(&self, jobs: impl IntoIterator<Item = J>) -> Result<(), QueueError> {
        let sent =
            stream::iter(batches(jobs)).map(|batch| self.send_made(batch)).buffer_unordered(MOST_AT_ONCE);
        sent.fold(Ok(()), async |ended: Result<(), QueueError>, sent| ended.and(sent)).await
    }

    async fn send_made(&self, batch: Result<Batch, QueueError>) -> Result<(), QueueError> {
        let Batch { app, messages } = batch?;
        let url = self.urls.get(&app).ok_or(QueueError::NoQueue(app))?;
        self.send_batch(app, url, &messages).await
    }

    async fn send_batch(&self, app: App, url: &str, batch: &[Message]) -> Result<(), QueueError> {
        let mut left: Vec<usize> = (0..batch.len()).collect();
        let mut why = String::new();
        for _ in 0..MOST_ROUNDS {
            let entries = left.iter().map(|index| entry(*index, &batch[*index])).collect();
            let request = self.client.send_message_batch().queue_url(url).set_entries(Some(entries));
            let answer = request.send().await.map_err(|source| QueueError::Unavailable {
                operation: "SendMessageBatch",
                source: Box::new(source),
            })?;
            left = answer.failed.iter().filter_map(|failed| failed.id.parse().ok()).collect();
            let Some(failed) = answer.failed.first() else { return Ok(()) };
            why = failed.message.clone().unwrap_or_else(|| failed.code.clone());
            // An error of the sender stays the same if the entry is sent again.
            if failed.sender_fault {
                break;
            }
        }
        Err(QueueError::Unsent { app, unsent: left.len(), of: batch.len(), why })
    }

    /// The number of jobs on an app's queue.
    pub async fn depth(&self, app: App) -> Result<Depth, QueueError> {
        let url = self.urls.get(&app).ok_or(QueueError::NoQueue(app))?;
        depth(&self.client, url).await
    }

    /// Makes a received message visible again after `wait`, rounded up to a second so that no message is early.
    pub async fn change_visibility(&self, app: App, receipt: &str, wait: Duration) -> Result<(), QueueError> {
        let url = self.urls.get(&app).ok_or(QueueError::NoQueue(app))?;
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.client
            .change_message_visibility()
            .queue_url(url)
            .receipt_handle(receipt)
            .visibility_timeout(i32::try_from(seconds).unwrap_or(43_200).min(43_200))
            .send()
            .await
            .map(drop)
            .map_err(|source| QueueError::Unavailable {
                operation: "ChangeMessageVisibility",
                source: Box::new(source),
            })
    }
}

/// The approximate number of messages in a queue: SQS updates it within a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that wait to be received.
    pub waiting: u64,
    /// Messages that were received: they are in progress, or are retried soon.
    pub under_way: u64,
}

pub(crate) async fn depth(client: &Client, url: &str) -> Result<Depth, QueueError> {
    let (waiting, under_way) = (
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    );
    let request = client.get_queue_attributes().queue_url(url);
    let request = request.attribute_names(waiting.clone()).attribute_names(under_way.clone());
    let answer = request.send().await.map_err(|source| QueueError::Unavailable {
        operation: "GetQueueAttributes",
        source: Box::new(source),
    })?;
    let found = answer.attributes.unwrap_or_default();
    let number = |name| found.get(&name).and_then(|number| number.parse().ok()).unwrap_or(0);
    Ok(Depth { waiting: number(waiting), under_way: number(under_way) })
}

fn entry(index: usize, Message { group, body }: &Message) -> SendMessageBatchRequestEntry {
    #[expect(clippy::expect_used, reason = "id and body are given")]
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        // On a standard queue the message group makes the queue fair: one busy marketplace does not delay the others.
        .message_group_id(group)
        .message_body(body)
        .build()
        .expect("complete")
}

/// The queue of facts that could not be planned.
#[derive(Debug, Clone)]
pub struct FactsQueue {
    client: OnUse<Client>,
    url: String,
}

impl FactsQueue {
    /// `url`: the URL of the queue.
    pub fn new(config: &aws_config::SdkConfig, url: String) -> Self {
        Self { client: on_use(config, Client::new), url }
    }

    /// Stores a fact that no function can read: the event as it was delivered, the reason, and the trigger that it was
    /// delivered to.
    pub async fn keep(
        &self,
        event: &impl Serialize,
        reason: &str,
        trigger: Option<Trigger>,
    ) -> Result<(), QueueError> {
        let unavailable = |source| QueueError::Unavailable { operation: "SendMessage", source };
        let body = serde_json::to_string(&KeptFact { reason, trigger, event });
        let body = body.map_err(|source| unavailable(Box::new(source)))?;
        let request = self.client.send_message().queue_url(&self.url).message_body(body);
        request.send().await.map(drop).map_err(|source| unavailable(Box::new(source)))
    }
}

/// A message of the facts queue. It is not converted through a JSON value, because some events cannot be represented as
/// one.
#[derive(Serialize)]
struct KeptFact<'a, E> {
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger: Option<Trigger>,
    event: &'a E,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_no_json_value_holds_is_kept_as_it_was_delivered() {
        let nested = "[".repeat(60_000) + &"]".repeat(60_000);
        for detail in [r#"{"name":"half a pair: \ud83d"}"#, &nested] {
            let event: Box<serde_json::value::RawValue> = serde_json::from_str(detail).unwrap();
            let kept = KeptFact { reason: "it broke", trigger: Some(Trigger::OrderCompleted), event: &event };
            let message = format!(r#"{{"reason":"it broke","trigger":"order_completed","event":{detail}}}"#);
            assert_eq!(serde_json::to_string(&kept).unwrap(), message);
        }
    }
}
