//! Bringing back what lies in a queue that somebody has to look at.
//!
//! A message is deleted from there only after what it carries has arrived where it belongs: a crash in between leaves
//! it in both places, which the ledger and the event's id take for one.

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

/// What came of a redrive.
#[derive(Debug, Default)]
pub struct Redriven {
    /// How many messages went back where they belong.
    pub moved: usize,
    /// Messages that were given up: what they said was recorded first.
    pub discarded: usize,
    /// Messages that stay, and why each does.
    pub stayed: Vec<Stayed>,
}

/// A message that stays in its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stayed {
    /// SQS's id of the message.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// A redrive that did not go through; what it had not deleted is still there.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// A queue did not answer, or did not take a job.
    #[error("a queue did not take part; what is not moved is still there")]
    Queue(#[from] QueueError),
    /// The bus did not answer.
    #[error("the bus did not take a fact; what is not moved is still there")]
    Bus(#[source] BusError),
    /// The prospects function did not run.
    #[error("a matured prospect did not go on; what is not moved is still there")]
    Prospects(#[source] FunctionError),
    /// A message that was to be given up could not be recorded, so it was not.
    #[error("a message cannot be recorded, so it stays")]
    Record(#[source] std::io::Error),
}

/// Keeps what a message said before the message is given up.
pub trait Record: Send {
    /// Writes it down for good.
    fn record(&mut self, letter: &Letter, reason: &str) -> std::io::Result<()>;
}

/// Puts an app's dead letters that are jobs back on the app's queue. What is no job stays, or goes where `discard`
/// records it.
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
                // Its rule may have changed since: it is asked again, as whatever has waited.
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

/// Where kept facts go on.
#[derive(Debug, Clone, Copy)]
pub struct Redrive<'a> {
    /// The bus that facts are published on.
    pub bus: &'a Bus,
    /// The deployment's functions.
    pub functions: &'a Functions,
    /// The name of the one that looks after prospects.
    pub prospects: &'a str,
}

/// Publishes facts that were kept once more, as they were published first, and invokes the prospects function with
/// those whose time was over. What still breaks the contract or fails stays.
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
    // Each trigger that cannot read a fact keeps it: once more is enough for all of them.
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
    /// Has a kept fact go on, or says why it cannot.
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
    let job: Job = serde_json::from_str(body).map_err(|error| format!("it is no job: {error}"))?;
    if job.app == app { Ok(job) } else { Err(format!("it is a job for {}", job.app)) }
}

/// The letters of one redrive, each once.
struct Round<'a> {
    from: &'a DeadLetters,
    left: usize,
    seen: BTreeSet<String>,
    page: Vec<Letter>,
    /// The letter that is being decided on.
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
                // A letter that shows again has been decided on; it is not asked twice.
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

    /// Shows what stays again, and where the redrive broke off, what it had not come to.
    async fn end(self, moved: Result<(), RedriveError>) -> Result<Redriven, RedriveError> {
        let mut shown_again = self.stayed;
        if moved.is_err() {
            shown_again.extend(self.page.into_iter().chain(self.open));
        }
        for letter in &shown_again {
            // A letter that this does not reach shows again by itself, after five minutes.
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
        assert!(read_job(App::Mailchimp, "no job").unwrap_err().starts_with("it is no job: "));
    }
}
