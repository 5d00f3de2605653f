//! Queues that somebody has to look at: the apps' dead letters, and the facts that could not be planned.

use aws_sdk_sqs::Client;

use crate::queue::QueueError;

/// For so many seconds nobody else sees a letter that was received.
const OURS_FOR: i32 = 300;
/// SQS hands over this many at once.
const MOST_AT_ONCE: usize = 10;

/// One queue of them.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    client: Client,
    url: String,
}

/// A message that was received and is still on its queue.
#[derive(Debug, Clone)]
pub struct Letter {
    /// SQS's id of the message.
    pub id: String,
    /// What it says.
    pub body: String,
    receipt: String,
}

impl DeadLetters {
    /// `url`: the queue's.
    pub fn new(config: &aws_config::SdkConfig, url: String) -> Self {
        Self { client: Client::new(config), url }
    }

    /// The next letters, at most `most`; none once the queue shows no more. They are hidden for five minutes.
    pub async fn receive(&self, most: usize) -> Result<Vec<Letter>, QueueError> {
        let most = i32::try_from(most.clamp(1, MOST_AT_ONCE)).unwrap_or(1);
        let request = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(most)
            .visibility_timeout(OURS_FOR)
            // Without a wait SQS asks some of its servers only, and a short queue can look empty.
            .wait_time_seconds(1);
        let answer = request.send().await.map_err(|source| QueueError::Unavailable {
            operation: "ReceiveMessage",
            source: Box::new(source),
        })?;
        let letters = answer.messages.unwrap_or_default().into_iter().map(|message| Letter {
            id: message.message_id.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
            receipt: message.receipt_handle.unwrap_or_default(),
        });
        Ok(letters.collect())
    }

    /// Deletes a letter for good.
    pub async fn delete(&self, letter: &Letter) -> Result<(), QueueError> {
        let request = self.client.delete_message().queue_url(&self.url).receipt_handle(&letter.receipt);
        request.send().await.map(drop).map_err(|source| QueueError::Unavailable {
            operation: "DeleteMessage",
            source: Box::new(source),
        })
    }

    /// Shows a letter to everybody again.
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
