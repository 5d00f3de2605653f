//! Redrives: returning the messages of a dead-letter queue or of the facts queue to processing.
//!
//! A message is deleted only after its content was delivered. A crash in between leaves it in both places; the ledger
//! and the event's id then prevent that it takes effect twice.

use std::collections::BTreeSet;

use aws::bus::BusError;
use aws::dead_letters::DeadLetters;
use aws::functions::FunctionError;
use aws::queue::QueueError;

pub use aws::dead_letters::Letter;

/// The result of a redrive.
#[derive(Debug, Default)]
pub struct Redriven {
    /// The number of messages that were redriven.
    pub moved: usize,
    /// The number of messages that were discarded. Each was recorded first.
    pub discarded: usize,
    /// The messages that stay, with the reason for each.
    pub stayed: Vec<Stayed>,
}

/// A message that stays in its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stayed {
    /// The SQS message id.
    pub id: String,
    /// The reason why the message stays.
    pub reason: String,
}

/// The reason why a redrive failed. Messages that were not moved are still in the queue.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// A queue did not respond, or did not accept a job.
    #[error("a queue failed; messages that were not moved are still in their queue")]
    Queue(#[from] QueueError),
    /// EventBridge did not respond.
    #[error("a fact cannot be published; messages that were not moved are still in their queue")]
    Bus(#[source] BusError),
    /// The prospects function did not run.
    #[error(
        "the prospects function cannot be invoked; messages that were not moved are still in their queue"
    )]
    Prospects(#[source] FunctionError),
    /// A message to discard could not be recorded, so it was not discarded.
    #[error("a message cannot be recorded, so it was not discarded")]
    Record(#[source] std::io::Error),
}

/// Records messages before they are discarded.
pub trait Record: Send {
    /// Writes the message to permanent storage.
    fn record(&mut self, letter: &Letter, reason: &str) -> std::io::Result<()>;
}

/// The messages of one redrive, each processed once.
pub(crate) struct Round<'a> {
    pub(crate) from: &'a DeadLetters,
    left: usize,
    seen: BTreeSet<String>,
    pub(crate) page: Vec<Letter>,
    /// The message that is being processed.
    open: Option<Letter>,
    pub(crate) stayed: Vec<Letter>,
    pub(crate) result: Redriven,
}

impl<'a> Round<'a> {
    pub(crate) fn new(from: &'a DeadLetters, most: usize) -> Self {
        Self {
            from,
            left: most,
            seen: BTreeSet::new(),
            page: Vec::new(),
            open: None,
            stayed: Vec::new(),
            result: Redriven::default(),
        }
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Letter>, QueueError> {
        loop {
            if self.left == 0 {
                return Ok(None);
            }
            if let Some(letter) = self.page.pop() {
                // SQS can deliver a message twice. It is processed once.
                if self.seen.insert(letter.id.clone()) {
                    self.left -= 1;
                    self.open = Some(letter.clone());
                    return Ok(Some(letter));
                }
                continue;
            }
            let page = self.from.receive(self.left).await?;
            if page.iter().all(|letter| self.seen.contains(&letter.id)) {
                return Ok(None);
            }
            self.page = page;
        }
    }

    pub(crate) fn leave(&mut self, letter: Letter, reason: String) {
        self.result.stayed.push(Stayed { id: letter.id.clone(), reason });
        self.stayed.push(letter);
    }

    /// Makes the messages that stay visible again, and, if the redrive failed, those that it did not process.
    pub(crate) async fn end(self, moved: Result<(), RedriveError>) -> Result<Redriven, RedriveError> {
        let mut shown_again = self.stayed;
        if moved.is_err() {
            shown_again.extend(self.page.into_iter().chain(self.open));
        }
        for letter in &shown_again {
            // If this fails, the message becomes visible by itself after five minutes.
            let shown = self.from.put_back(letter).await;
            if moved.is_ok() {
                shown?;
            }
        }
        moved.map(|()| self.result)
    }
}
