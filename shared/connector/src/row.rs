//! A job's row in the Action Log, rewritten with every attempt, and the place where the job waits: one write.

use std::time::Duration;

use aws::store::Waiting;
use domain::job::Job;
use domain::log::{Attempt, JobRecord, Status};
use domain::outcome::Reason;
use domain::retry::{Place, place};
use domain::settle::Settled;
use jiff::Timestamp;
use runtime::metrics;

use crate::call::Connector;
use crate::worker::{Ack, Fault, OWN_FAULT_WAIT, Worker};

/// A row keeps this many attempts: rate limits cost none, so there is no end to them otherwise.
const MOST_HISTORY: usize = 25;

/// The row that an attempt goes on from.
#[derive(Debug)]
pub(crate) struct Row {
    /// As it was read; `None`: there was none.
    before: Option<JobRecord>,
    /// The claim that the next write ends.
    token: String,
}

impl Row {
    /// Of a job that holds a claim.
    pub(crate) fn claimed(token: String, before: Option<JobRecord>) -> Self {
        Self { before, token }
    }

    /// Of a job that holds none: the write ends no claim.
    pub(crate) fn unclaimed(before: Option<JobRecord>) -> Self {
        let token = earlier(before.as_ref());
        Self { before, token }
    }

    /// Whether the job has nothing left to do.
    pub(crate) fn is_over(&self, job: &Job) -> bool {
        self.before.as_ref().is_some_and(|record| job.is_over(record))
    }

    /// How many attempts the job has spent.
    pub(crate) fn spent(&self, job: &Job) -> u32 {
        job.spent(self.before.as_ref())
    }

    /// What went wrong when it was tried last, as the row says it. Why it was held is over.
    pub(crate) fn reason(&self) -> Option<Reason> {
        let open = self.before.as_ref();
        let open = open.filter(|record| !record.status.is_final() && record.status != Status::Held);
        open.and_then(|record| record.reason.clone())
    }

    /// The row as it is written next.
    fn next(self, job: &Job, settled: Settled, now: Timestamp) -> JobRecord {
        let run = job.run(self.before.as_ref());
        let mut history = self.before.map(|record| record.history).unwrap_or_default();
        let message = settled.reason.as_ref().map(|reason| reason.message.clone());
        history.push(Attempt { at: now, status: settled.status, message });
        let surplus = history.len().saturating_sub(MOST_HISTORY);
        history.drain(..surplus);
        JobRecord {
            id: job.id,
            marketplace: job.marketplace.clone(),
            rule: job.rule.clone(),
            trigger: job.trigger,
            integration: job.integration.clone(),
            app: job.app,
            action: job.action.clone(),
            intent: job.effect.intent,
            effect: Some(job.effect.key),
            email: job.contact.email.clone(),
            line: job.line.clone(),
            occurred_at: job.occurred_at,
            updated_at: now,
            status: settled.status,
            reason: settled.reason,
            next_attempt: settled.next_attempt,
            attempts: settled.attempts,
            history,
            token: self.token,
            run,
        }
    }
}

/// The token of the record that the attempt started from.
fn earlier(before: Option<&JobRecord>) -> String {
    before.map(|record| record.token.clone()).unwrap_or_default()
}

impl<C: Connector> Worker<C> {
    /// Writes the row of a job that has ended, or that waits on its queue or in the table.
    pub(crate) async fn write(
        &self,
        job: &Job,
        row: Row,
        settled: Settled,
        receives: u32,
        now: Timestamp,
    ) -> Result<Ack, Fault> {
        let parked = job.parked();
        let (waiting, ack) = match (settled.status, settled.next_attempt) {
            (Status::Held, _) => (Waiting::ForReconnect(&parked), Ack::Done),
            (_, Some(next)) => {
                let wait = Duration::try_from(next.duration_since(now)).unwrap_or_default();
                match place(wait, receives) {
                    Place::Queue(wait) => (Waiting::No, Ack::ShowAgain(wait)),
                    Place::Table => (Waiting::Until(next, &parked), Ack::Done),
                }
            }
            (_, None) => (Waiting::No, Ack::Done),
        };
        self.put(job, row, settled, waiting, ack, now).await
    }

    /// Writes the row with the place where the job waits.
    pub(crate) async fn put(
        &self,
        job: &Job,
        row: Row,
        settled: Settled,
        waiting: Waiting<'_>,
        ack: Ack,
        now: Timestamp,
    ) -> Result<Ack, Fault> {
        let earlier = earlier(row.before.as_ref());
        let record = row.next(job, settled, now);
        if self.store.record_job(&record, &earlier, waiting, now).await? {
            metrics::outcome(job, record.status, now);
            tracing::info!(status = record.status.key(), attempts = record.attempts, "settled");
            Ok(ack)
        } else {
            // Another attempt wrote meanwhile, because this one outlived its lease: the message looks again.
            tracing::warn!("another attempt at the same job wrote first");
            Ok(Ack::ShowAgain(OWN_FAULT_WAIT))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(status: Status) -> Row {
        let record = json!({
            "id": format!("job_{}", "0".repeat(58)), "marketplace": "demo", "rule": "rul_1",
            "trigger": "product_purchased", "integration": "int_1", "app": "mailchimp", "action": "add_tag",
            "intent": "on", "email": "ada@example.com", "occurred_at": "2026-05-04T10:00:00Z",
            "updated_at": "2026-05-04T10:00:00Z", "status": status, "attempts": 0,
            "reason": { "message": "It was so." },
        });
        Row::unclaimed(Some(serde_json::from_value(record).unwrap()))
    }

    #[test]
    fn what_went_wrong_is_told_until_it_is_over_and_a_hold_is_over_when_the_job_goes_on() {
        for &status in Status::ALL {
            let told = matches!(status, Status::Retrying | Status::RateLimited);
            assert_eq!(row(status).reason().is_some(), told, "{status}");
        }
    }
}
