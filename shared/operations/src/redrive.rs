//! Redrives: returning the messages of a dead-letter queue or of the facts queue to processing.
//!
//! A message is deleted only after its content was delivered. A crash in between leaves it in both places; the ledger
//! and the event's id then prevent that it takes effect twice.

pub mod discard;
pub mod unacted;

use std::collections::BTreeSet;

use aws::bus::{Bus, BusError};
use aws::dead_letters::{DeadLetters, Letter};
use aws::functions::{FunctionError, Functions};
use aws::queue::{QueueError, Queues};
use domain::app::App;
use domain::job::Job;

use self::unacted::RefusedFact;

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

/// Returns an app's dead letters that are jobs to the app's queue. Messages that are not jobs stay, or are discarded if
/// `discard` records them.
pub async fn jobs(
    app: App,
    from: &DeadLetters,
    queues: &Queues,
    most: usize,
    discard: Option<&mut dyn Record>,
) -> Result<Redriven, RedriveError> {
    let mut round = Round::new(from, most);
    let moved = move_jobs(app, &mut round, queues, discard).await;
    round.end(moved).await
}

async fn move_jobs(
    app: App,
    round: &mut Round<'_>,
    queues: &Queues,
    mut discard: Option<&mut dyn Record>,
) -> Result<(), RedriveError> {
    while let Some(letter) = round.next().await? {
        match read_job(app, &letter.body) {
            Ok(job) => {
                // The rule may have changed since, so it is checked again, as for every job that has waited.
                queues.send(&[job.parked()]).await?;
                round.from.delete(&letter).await?;
                round.result.moved += 1;
            }
            Err(reason) => match &mut discard {
                None => round.leave(letter, reason),
                Some(keeper) => {
                    keeper.record(&letter, &reason).map_err(RedriveError::Record)?;
                    round.from.delete(&letter).await?;
                    round.result.discarded += 1;
                }
            },
        }
    }
    Ok(())
}

/// The destinations of kept facts.
#[derive(Debug, Clone, Copy)]
pub struct Redrive<'a> {
    /// The event bus that facts are published on.
    pub bus: &'a Bus,
    /// The deployment's functions.
    pub functions: &'a Functions,
    /// The name of the function that processes prospects.
    pub prospects: &'a str,
}

/// Publishes kept facts again, as they were first published, and invokes the prospects function with those whose timer
/// had ended. Facts that break the contract or fail again stay.
pub async fn facts(
    from: &DeadLetters,
    redrive_to: &Redrive<'_>,
    most: usize,
) -> Result<Redriven, RedriveError> {
    let mut round = Round::new(from, most);
    let moved = move_facts(&mut round, redrive_to).await;
    round.end(moved).await
}

async fn move_facts(round: &mut Round<'_>, redrive_to: &Redrive<'_>) -> Result<(), RedriveError> {
    // Each trigger that cannot read a fact keeps a message of it. Publishing it once serves all of them.
    let mut gone_on: BTreeSet<RefusedFact> = BTreeSet::new();
    while let Some(letter) = round.next().await? {
        let kept = match unacted::read(&letter.body) {
            Ok(kept) => kept,
            Err(unfit) => {
                round.leave(letter, unfit.to_string());
                continue;
            }
        };
        if !gone_on.contains(&kept) {
            if let Some(reason) = redrive_to.take(&kept).await? {
                round.leave(letter, reason);
                continue;
            }
            gone_on.insert(kept);
        }
        round.from.delete(&letter).await?;
        round.result.moved += 1;
    }
    Ok(())
}

impl Redrive<'_> {
    /// Publishes a kept fact, or returns the reason why it cannot be published.
    async fn take(&self, kept: &RefusedFact) -> Result<Option<String>, RedriveError> {
        match kept {
            RefusedFact::Fact { source, detail_type, detail } => {
                match self.bus.publish(source, detail_type, detail).await {
                    Ok(()) => Ok(None),
                    Err(refused @ BusError::Refused { .. }) => Ok(Some(refused.to_string())),
                    Err(error @ BusError::Unavailable(_)) => Err(RedriveError::Bus(error)),
                }
            }
            RefusedFact::Matured { invocation } => {
                match self.functions.invoke(self.prospects, invocation.clone().into_bytes()).await {
                    Ok(_) => Ok(None),
                    Err(failed @ FunctionError::Failed { .. }) => Ok(Some(failed.to_string())),
                    Err(error @ (FunctionError::Unavailable { .. } | FunctionError::NotFound { .. })) => {
                        Err(RedriveError::Prospects(error))
                    }
                }
            }
        }
    }
}

fn read_job(app: App, body: &str) -> Result<Job, String> {
    let job: Job = serde_json::from_str(body).map_err(|error| format!("it is not a job: {error}"))?;
    if job.app == app { Ok(job) } else { Err(format!("it is a job for {}", job.app)) }
}

/// The messages of one redrive, each processed once.
struct Round<'a> {
    from: &'a DeadLetters,
    left: usize,
    seen: BTreeSet<String>,
    page: Vec<Letter>,
    /// The message that is being processed.
    open: Option<Letter>,
    stayed: Vec<Letter>,
    result: Redriven,
}

impl<'a> Round<'a> {
    fn new(from: &'a DeadLetters, most: usize) -> Self {
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

    async fn next(&mut self) -> Result<Option<Letter>, QueueError> {
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

    fn leave(&mut self, letter: Letter, reason: String) {
        self.result.stayed.push(Stayed { id: letter.id.clone(), reason });
        self.stayed.push(letter);
    }

    /// Makes the messages that stay visible again, and, if the redrive failed, those that it did not process.
    async fn end(self, moved: Result<(), RedriveError>) -> Result<Redriven, RedriveError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_job_of_the_app_goes_back_to_its_queue() {
        let job = serde_json::json!({
            "v": "1", "id": format!("job_{}", "0".repeat(58)), "marketplace": "demo", "integration": "int_1",
            "app": "mailchimp", "rule": "rul_1", "trigger": "product_purchased", "action": "add_tag",
            "settings": {}, "contact": { "email": "ada@example.com" },
            "effect": { "key": "0".repeat(24), "intent": "on" }, "occurred_at": "2026-05-04T10:00:00Z",
            "ordered_at": "2026-05-04T10:00:00Z",
        });
        assert!(read_job(App::Mailchimp, &job.to_string()).is_ok());
        assert_eq!(read_job(App::Webhook, &job.to_string()).unwrap_err(), "it is a job for mailchimp");
        assert!(read_job(App::Mailchimp, "no job").unwrap_err().starts_with("it is not a job: "));
    }
}
