//! The apps' queues: jobs out in batches, and what a connector does with a message it received.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use domain::app::App;
use domain::job::Job;
use futures::future::join_all;

/// SQS takes this many messages in a batch.
const MOST_ENTRIES: usize = 10;
/// What one batch may weigh. SQS takes 1 MiB; half of it leaves room for attributes and keeps calls short.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
const MOST_BYTES: usize = 512 * 1024;
/// How often the entries that SQS refused are sent again at once.
const MOST_ROUNDS: usize = 3;

/// What a queue could not do.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// Some jobs are not on their queue. Sending all of them again does no harm.
    #[error("{unsent} of {of} jobs did not reach the queue of {app}: {why}")]
    Unsent {
        /// The queue's app.
        app: App,
        /// How many.
        unsent: usize,
        /// Of how many.
        of: usize,
        /// What SQS said of the first.
        why: String,
    },
    /// The deployment has no queue for the app.
    #[error("no queue is configured for {0}: QUEUE_URL_{upper} is not set", upper = .0.key().to_uppercase())]
    NoQueue(App),
    /// The call failed in passing.
    #[error("SQS did not answer `{operation}`")]
    Unavailable {
        /// What was asked.
        operation: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The queues of all apps.
#[derive(Debug, Clone)]
pub struct Queues {
    client: Client,
    urls: BTreeMap<App, String>,
}

impl Queues {
    /// `urls`: each app's queue.
    pub fn new(config: &aws_config::SdkConfig, urls: BTreeMap<App, String>) -> Self {
        Self { client: Client::new(config), urls }
    }

    /// Puts jobs on their apps' queues, also on those behind one that fails. An error means that some may be missing: the
    /// caller sends all of them again, which is harmless, because a job's id and effect are the same each time.
    pub async fn send(&self, jobs: &[Job]) -> Result<(), QueueError> {
        let mut ended = Ok(());
        for (app, messages) in messages(jobs)? {
            ended = ended.and(self.send_to(app, &messages).await);
        }
        ended
    }

    async fn send_to(&self, app: App, messages: &[(String, String)]) -> Result<(), QueueError> {
        let url = self.urls.get(&app).ok_or(QueueError::NoQueue(app))?;
        let batches = batches(messages);
        let sent = join_all(batches.iter().map(|batch| self.send_batch(app, url, batch))).await;
        sent.into_iter().collect()
    }

    async fn send_batch(&self, app: App, url: &str, batch: &[(String, String)]) -> Result<(), QueueError> {
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
            // A fault of ours stays one however often it is sent.
            if failed.sender_fault {
                break;
            }
        }
        Err(QueueError::Unsent { app, unsent: left.len(), of: batch.len(), why })
    }

    /// How many jobs are on an app's queue.
    pub async fn depth(&self, app: App) -> Result<Depth, QueueError> {
        let url = self.urls.get(&app).ok_or(QueueError::NoQueue(app))?;
        depth(&self.client, url).await
    }

    /// Makes a received message visible again after `wait`, rounded up to a second so that nothing is early.
    pub async fn show_again(&self, app: App, receipt: &str, wait: Duration) -> Result<(), QueueError> {
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

/// How many messages a queue holds, about: SQS counts within a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Those that wait to be received.
    pub waiting: u64,
    /// Those that were received: they are worked on, or are tried again soon.
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

/// A message for each job, by app: its group and its body.
fn messages(jobs: &[Job]) -> Result<BTreeMap<App, Vec<(String, String)>>, QueueError> {
    let mut by_app: BTreeMap<App, Vec<(String, String)>> = BTreeMap::new();
    for job in jobs {
        let body = serde_json::to_string(job)
            .map_err(|source| QueueError::Unavailable { operation: "serialise", source: source.into() })?;
        by_app.entry(job.app).or_default().push((job.marketplace.to_string(), body));
    }
    Ok(by_app)
}

fn entry(index: usize, (group, body): &(String, String)) -> SendMessageBatchRequestEntry {
    #[expect(clippy::expect_used, reason = "id and body are given")]
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        // On a standard queue the group makes the queue fair: one busy marketplace does not delay the others.
        .message_group_id(group)
        .message_body(body)
        .build()
        .expect("complete")
}

/// Cuts messages into batches that SQS takes, by number and by weight.
fn batches(messages: &[(String, String)]) -> Vec<&[(String, String)]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, (_, body)) in messages.iter().enumerate() {
        if index > start && (index - start == MOST_ENTRIES || bytes + body.len() > MOST_BYTES) {
            batches.push(&messages[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += body.len();
    }
    if start < messages.len() {
        batches.push(&messages[start..]);
    }
    batches
}

/// The queue of facts that could not be planned.
#[derive(Debug, Clone)]
pub struct FactsQueue {
    client: Client,
    url: String,
}

impl FactsQueue {
    /// `url`: the queue's.
    pub fn new(config: &aws_config::SdkConfig, url: String) -> Self {
        Self { client: Client::new(config), url }
    }

    /// Keeps a fact that no trigger can read, with the reason.
    pub async fn keep(&self, fact: &serde_json::Value) -> Result<(), QueueError> {
        let request = self.client.send_message().queue_url(&self.url).message_body(fact.to_string());
        request
            .send()
            .await
            .map(drop)
            .map_err(|source| QueueError::Unavailable { operation: "SendMessage", source: Box::new(source) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_jobs_message_has_its_marketplace_for_a_group() {
        let job = |marketplace: &str, app: &str| -> Job {
            let job = serde_json::json!({
                "v": "1", "id": format!("job_{}", "0".repeat(58)), "marketplace": marketplace,
                "integration": "int_1", "app": app, "rule": "rul_1", "trigger": "product_purchased",
                "action": "add_tag", "settings": {}, "contact": { "email": "ada@example.com" },
                "effect": { "key": "0".repeat(24), "intent": "on" }, "occurred_at": "2026-05-04T10:00:00Z",
                "ordered_at": "2026-05-04T10:00:00Z",
            });
            serde_json::from_value(job).unwrap()
        };
        for app in App::ALL {
            let jobs = ["one", "other", "one"].map(|marketplace| job(marketplace, app.key()));
            let messages = super::messages(&jobs).unwrap().remove(app).unwrap();
            for (index, (message, job)) in messages.iter().zip(&jobs).enumerate() {
                let entry = entry(index, message);
                assert_eq!(entry.message_group_id(), Some(job.marketplace.as_str()));
                assert_eq!(&serde_json::from_str::<Job>(entry.message_body()).unwrap(), job);
            }
            assert_eq!(messages.len(), jobs.len());
        }
    }

    fn messages(sizes: &[usize]) -> Vec<(String, String)> {
        sizes.iter().map(|size| ("shop".to_owned(), "x".repeat(*size))).collect()
    }

    #[test]
    fn batches_hold_at_most_ten_messages() {
        let messages = messages(&[1; 23]);
        assert_eq!(batches(&messages).iter().map(|batch| batch.len()).collect::<Vec<_>>(), [10, 10, 3]);
    }

    #[test]
    fn batches_stay_below_the_weight_and_lose_nothing() {
        let messages = messages(&[300_000, 300_000, 100, 200_000, 600_000, 1]);
        let batches = batches(&messages);
        assert_eq!(batches.iter().map(|batch| batch.len()).collect::<Vec<_>>(), [1, 3, 1, 1]);
        assert_eq!(batches.concat(), messages);
    }
}
