//! Jobs in batches that SQS accepts, each for one app.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use domain::app::App;
use domain::job::Job;

use super::QueueError;

/// The most messages that SQS accepts in a batch.
const MOST_ENTRIES: usize = 10;
/// The largest batch, in bytes. SQS accepts 1 MiB; half of it leaves room for attributes and keeps calls short.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
const MOST_BYTES: usize = 512 * 1024;

/// Messages for one app's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The app.
    pub app: App,
    /// The messages, in the order of their jobs.
    pub messages: Vec<Message>,
}

/// A job as a message for its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The message group: the job's marketplace.
    pub group: String,
    /// The job as JSON.
    pub body: String,
}

/// Splits jobs into batches by number and by size. Batches are built lazily, and a batch delays no other app's jobs.
pub fn batches<J: Borrow<Job>>(
    jobs: impl IntoIterator<Item = J>,
) -> impl Iterator<Item = Result<Batch, QueueError>> {
    let (mut jobs, mut open) = (jobs.into_iter(), BTreeMap::<App, Vec<Message>>::new());
    std::iter::from_fn(move || {
        for job in jobs.by_ref() {
            let job = job.borrow();
            let message = match message(job) {
                Ok(message) => message,
                Err(error) => return Some(Err(error)),
            };
            let messages = open.entry(job.app).or_default();
            let bytes: usize = messages.iter().map(|message| message.body.len()).sum();
            let is_full = messages.len() == MOST_ENTRIES || bytes + message.body.len() > MOST_BYTES;
            if is_full && !messages.is_empty() {
                let messages = std::mem::replace(messages, vec![message]);
                return Some(Ok(Batch { app: job.app, messages }));
            }
            messages.push(message);
        }
        open.pop_first().map(|(app, messages)| Ok(Batch { app, messages }))
    })
}

fn message(job: &Job) -> Result<Message, QueueError> {
    let body = serde_json::to_string(job)
        .map_err(|source| QueueError::Unavailable { operation: "serialise", source: source.into() })?;
    Ok(Message { group: job.marketplace.to_string(), body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(marketplace: &str, app: App, payload: usize) -> Job {
        let job = serde_json::json!({
            "v": "1", "id": format!("job_{}", "0".repeat(58)), "marketplace": marketplace,
            "integration": "int_1", "app": app, "rule": "rul_1", "trigger": "product_purchased",
            "action": "add_tag", "settings": {}, "contact": { "email": "ada@example.com" },
            "effect": { "key": "0".repeat(24), "intent": "on" }, "occurred_at": "2026-05-04T10:00:00Z",
            "ordered_at": "2026-05-04T10:00:00Z", "payload": "x".repeat(payload),
        });
        serde_json::from_value(job).unwrap()
    }

    fn cut(jobs: &[Job]) -> Vec<Batch> {
        batches(jobs).collect::<Result<_, _>>().unwrap()
    }

    fn sizes(batches: &[Batch]) -> Vec<usize> {
        batches.iter().map(|batch| batch.messages.len()).collect()
    }

    #[test]
    fn every_jobs_message_has_its_marketplace_for_a_group_and_goes_to_its_app() {
        let jobs: Vec<_> = ["one", "other", "one"]
            .into_iter()
            .flat_map(|marketplace| App::all().map(move |app| job(marketplace, app, 1)))
            .collect();
        let made = cut(&jobs);
        assert_eq!(made.len(), App::all().len());
        for Batch { app, messages } in made {
            let sent = jobs.iter().filter(|job| job.app == app);
            assert_eq!(messages.len(), 3);
            for (message, job) in messages.iter().zip(sent) {
                assert_eq!(message.group, job.marketplace.as_str());
                assert_eq!(&serde_json::from_str::<Job>(&message.body).unwrap(), job);
            }
        }
    }

    #[test]
    fn batches_hold_at_most_ten_messages() {
        let jobs: Vec<_> = (0..23).map(|_| job("shop", App::KIT, 1)).collect();
        assert_eq!(sizes(&cut(&jobs)), [10, 10, 3]);
    }

    #[test]
    fn batches_stay_below_the_weight_and_lose_nothing() {
        let jobs: Vec<_> = [300_000, 300_000, 100, 200_000, 600_000, 1]
            .into_iter()
            .map(|size| job("shop", App::KIT, size))
            .collect();
        let made = cut(&jobs);
        assert_eq!(sizes(&made), [1, 3, 1, 1]);
        let bodies: Vec<_> = made.iter().flat_map(|batch| &batch.messages).map(|one| &one.body).collect();
        assert_eq!(
            bodies,
            jobs.iter()
                .map(|job| serde_json::to_string(job).unwrap())
                .collect::<Vec<_>>()
                .iter()
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_batch_is_made_before_the_jobs_behind_it() {
        let taken = std::cell::Cell::new(0);
        let jobs = (0..100).map(|_| job("shop", App::KIT, 1)).inspect(|_| taken.set(taken.get() + 1));
        assert!(batches(jobs).next().unwrap().is_ok());
        assert_eq!(taken.get(), 11);
    }
}
