//! SQS: standard queues, with groups that are served fairly.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/>

mod calls;
mod queue;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::chance::Circumstances;

pub(super) use queue::{Attribute, NewMessage, Queue, Received};
pub use queue::{QueueSettings, QueueState};

/// All queues, by name.
#[derive(Debug, Default)]
pub(super) struct Sqs {
    queues: BTreeMap<String, Queue>,
}

impl Sqs {
    pub(super) fn create(&mut self, name: &str, settings: QueueSettings) {
        self.queues.insert(name.to_owned(), Queue::new(settings));
    }

    /// A queue by its name, or by the last part of its URL or ARN.
    pub(super) fn queue(&mut self, address: &str) -> Option<&mut Queue> {
        self.queues.get_mut(address.rsplit(['/', ':']).next()?)
    }

    pub(super) fn state(&mut self, name: &str, now: Timestamp) -> QueueState {
        self.queue(name).map(|queue| queue.state(now)).unwrap_or_default()
    }

    /// Sends a message on behalf of another service.
    pub(super) fn send(&mut self, address: &str, message: NewMessage, with: &mut Circumstances<'_>) -> bool {
        let Some(queue) = self.queue(address) else { return false };
        queue.send(message, Duration::ZERO, with);
        true
    }

    /// Receives messages, and moves those that were received too often to the queue's dead-letter queue.
    pub(super) fn receive(
        &mut self,
        address: &str,
        most: usize,
        visibility: Option<Duration>,
        with: &mut Circumstances<'_>,
    ) -> Option<Vec<Received>> {
        let queue = self.queue(address)?;
        let (received, dead) = queue.receive(most, visibility, with);
        let target = queue.settings.dead_letters.as_ref().map(|(target, _)| target.clone());
        if let Some(target) = target.and_then(|target| self.queue(&target)) {
            for message in dead {
                target.take_over(message, with.now);
            }
        }
        Some(received)
    }
}
