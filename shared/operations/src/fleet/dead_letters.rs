//! Redrive of an app's dead-letter queue.

use aws::queue::{QueueError, Queues};
use domain::app::App;
use domain::job::Job;

use super::Fleet;
use crate::engine::Services;
use crate::redrive::{Record, RedriveError, Redriven, Round};

impl Fleet<'_> {
    /// Returns an app's dead letters that are jobs to the app's queue. Messages that are not jobs stay, or are discarded if
    /// `discard` records them.
    pub async fn redrive(
        &self,
        app: App,
        most: usize,
        discard: Option<&mut dyn Record>,
    ) -> Result<Redriven, RedriveError> {
        let Services { queues, dead_letters, .. } = &*self.0.services;
        let from = dead_letters.get(&app).ok_or(QueueError::NoQueue(app))?;
        let mut round = Round::new(from, most);
        let moved = move_jobs(app, &mut round, queues, discard).await;
        round.end(moved).await
    }
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

fn read_job(app: App, body: &str) -> Result<Job, String> {
    let job: Job = serde_json::from_str(body).map_err(|error| format!("it is not a job: {error}"))?;
    if job.app == app { Ok(job) } else { Err(format!("it is a job for {}", job.app)) }
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
        assert!(read_job(App::MAILCHIMP, &job.to_string()).is_ok());
        assert_eq!(read_job(App::WEBHOOK, &job.to_string()).unwrap_err(), "it is a job for mailchimp");
        assert!(read_job(App::MAILCHIMP, "no job").unwrap_err().starts_with("it is not a job: "));
    }
}
