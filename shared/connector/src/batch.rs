//! A batch of an app's queue: messages are handled separately and concurrently, and only failed messages return to the
//! queue.

use std::time::Duration;

use aws::queue::Queues;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use domain::app::App;
use domain::job::Job;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use runtime::logs::{self, Causes};
use runtime::metrics::{self, About, Metric};
use tracing::Instrument;

use crate::attempt::{Ack, Delivery};
use crate::call::Connector;
use crate::worker::Worker;

/// The largest batch that SQS delivers.
const CONCURRENCY: usize = 10;
/// A message that cannot be handled becomes visible again after this, until SQS moves it to the dead-letter queue.
const POISON_WAIT: Duration = Duration::from_secs(1);

/// Performs every job of a batch before the function ends at `deadline`. SQS deletes the messages that the response
/// does not name.
pub async fn perform<C: Connector>(
    worker: &Worker<C>,
    queues: &Queues,
    event: SqsEvent,
    deadline: Timestamp,
) -> SqsBatchResponse {
    let messages = stream::iter(event.records).map(|message| one(worker, queues, message, deadline));
    let failed: Vec<_> =
        messages.buffer_unordered(CONCURRENCY).filter_map(async |failed| failed).collect().await;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed;
    response
}

/// `Some`: the message stays on the queue.
async fn one<C: Connector>(
    worker: &Worker<C>,
    queues: &Queues,
    message: SqsMessage,
    deadline: Timestamp,
) -> Option<BatchItemFailure> {
    let id = message.message_id.clone().unwrap_or_default();
    let receives =
        message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1);
    let sent_at = message.attributes.get("SentTimestamp").and_then(|millis| millis.parse().ok());
    let sent_at = sent_at.and_then(|millis| Timestamp::from_millisecond(millis).ok());
    let ack = match read(worker.connector.app(), message.body.as_deref().unwrap_or_default()) {
        Ok(job) => {
            let delivery = Delivery { job: &job, receives, sent_at, deadline };
            worker.run(delivery).instrument(logs::job(&job)).await
        }
        Err(error) => {
            // The message returns until its receives are used up; it is counted once.
            metrics::count(About::App(worker.connector.app()), Metric::Poison, usize::from(receives == 1));
            tracing::error!(message_id = id, receives, %error, "a message contains no job and moves to the dead-letter queue");
            Ack::Nack(POISON_WAIT)
        }
    };
    let Ack::Nack(wait) = ack else { return None };
    let receipt = message.receipt_handle.unwrap_or_default();
    if let Err(error) = queues.change_visibility(worker.connector.app(), &receipt, wait).await {
        // The message still returns when the queue's own visibility timeout ends.
        tracing::warn!(message_id = id, error = %Causes(&error), "the visibility timeout was not changed");
    }
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    Some(failure)
}

/// A message that contains no job for this connector.
#[derive(Debug, thiserror::Error)]
enum Poison {
    /// serde's message would quote a value.
    #[error("invalid job at column {column}", column = .0.column())]
    Unreadable(#[from] serde_json::Error),
    #[error("the job is for {0}")]
    OtherApp(App),
}

fn read(app: App, body: &str) -> Result<Job, Poison> {
    let job: Job = serde_json::from_str(body)?;
    if job.app == app { Ok(job) } else { Err(Poison::OtherApp(job.app)) }
}
