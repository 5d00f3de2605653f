//! `engine wait`: waits until actions have ended, for scripts.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

use domain::id::{EventId, JobId};
use domain::log::{EventRecord, JobRecord};
use domain::verdict::Verdict;
use operations::StoreError;
use runtime::clock;
use tokio::time::Instant;

use crate::log;
use crate::rules::action_label;
use crate::stack::{Stack, StackError};
use crate::table::printable;
use crate::terminal;

/// The interval at which the table is read.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Wait until actions have ended; exit code 1 if they do not end in time
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The event of the actions, as `engine publish --ids` prints it
    #[arg(long, value_name = "ID")]
    event: EventId,
    /// The number of actions to wait for
    #[arg(long, value_name = "N", default_value_t = 1)]
    jobs: usize,
    /// The timeout in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
}

/// The reason why waiting failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WaitError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The timeout was reached.
    #[error("after {seconds} s, {ended} of {wanted} actions have ended{missing}")]
    TimedOut {
        /// The timeout in seconds.
        seconds: u64,
        /// The number of actions that have ended.
        ended: usize,
        /// The number of actions that were waited for.
        wanted: usize,
        /// The state of the other actions, one per line.
        missing: String,
    },
    /// DynamoDB did not respond.
    #[error("the actions cannot be read")]
    Store(#[from] StoreError),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Waits for actions.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), WaitError> {
    let (m, engine) = (stack.marketplace()?, stack.engine()?);
    let started = Instant::now();
    let shown = terminal::Progress::start("Waiting for actions to end");
    loop {
        let (event, jobs) = engine.log().event_with_actions(&m, &args.event, clock::now()).await?;
        let progress = Progress::of_event(event.as_ref(), jobs);
        let ended = progress.ended();
        if ended >= args.jobs {
            drop(shown);
            let have = if ended == 1 { "action has" } else { "actions have" };
            writeln!(out, "{ended} {have} ended.")?;
            return Ok(());
        }
        if started.elapsed() >= Duration::from_secs(args.timeout) {
            return Err(WaitError::TimedOut {
                seconds: args.timeout,
                ended,
                wanted: args.jobs,
                missing: progress.missing(),
            });
        }
        shown.show(&format!("Waiting for actions to end: {ended} of {}", args.jobs));
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The state of the actions.
#[derive(Debug)]
struct Progress {
    /// A note on the event.
    note: String,
    /// The number of actions that were sent and have not started.
    queued: usize,
    /// The actions that have started.
    jobs: Vec<JobRecord>,
}

impl Progress {
    fn of_event(event: Option<&EventRecord>, jobs: Vec<JobRecord>) -> Self {
        let Some(event) = event else {
            let note = "the event is not stored: its fact was not published, is not planned yet, or fires no trigger";
            return Self { note: note.to_owned(), queued: 0, jobs };
        };
        let verdicts = event.verdicts.values().flatten();
        let sent = verdicts.filter_map(|judged| match &judged.verdict {
            Verdict::Fired { jobs } => Some(jobs),
            _ => None,
        });
        let sent: BTreeSet<JobId> = sent.flatten().copied().collect();
        let queued = sent.iter().filter(|id| jobs.iter().all(|job| job.id != **id)).count();
        let note = format!(
            "the event's rules have sent {}{} actions; `engine event {}` explains why",
            if event.unstored.is_empty() { "" } else { "at least " },
            sent.len(),
            event.id
        );
        Self { note, queued, jobs }
    }

    fn ended(&self) -> usize {
        self.jobs.iter().filter(|job| job.status.is_final()).count()
    }

    /// The actions that have not ended, with the reasons, one per line.
    fn missing(&self) -> String {
        let open = self.jobs.iter().filter(|job| !job.status.is_final());
        let mut lines: Vec<_> = open
            .map(|job| {
                format!("{} for {}: {}", action_label(job.app, &job.action), job.email, log::standing(job))
            })
            .collect();
        match self.queued {
            0 => {}
            1 => lines.push("1 action is queued and has not been tried".to_owned()),
            queued => lines.push(format!("{queued} actions are queued and have not been tried")),
        }
        lines.push(self.note.clone());
        lines.iter().fold(String::new(), |text, line| text + "\n  " + &printable(line))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{self, EVENT, job_id};

    #[test]
    fn what_has_not_ended_is_told_with_its_reason() {
        let sent = json!({ "is": "fired", "jobs": [job_id(1), job_id(2), job_id(3)] });
        let verdicts = json!({ "product_purchased": [{ "rule": "rul_1", "verdict": sent }] });
        let event = sample::event(json!({ "verdicts": verdicts }));
        let retrying = sample::job(
            2,
            json!({ "status": "retrying", "next_attempt": "2026-05-04T10:00:10Z",
                "reason": { "message": "Not on the list yet." } }),
        );
        let progress = Progress::of_event(Some(&event), vec![sample::job(1, json!({})), retrying]);
        assert_eq!(progress.ended(), 1);
        assert_eq!(
            progress.missing(),
            format!(
                "\n  Add Tag for ada@example.com: retrying, 1 attempt, next at 2026-05-04 10:00:10Z: Not on the \
                 list yet.\n  1 action is queued and has not been tried\n  the event's rules have sent 3 \
                 actions; `engine event {EVENT}` explains why"
            )
        );
    }

    #[test]
    fn a_held_action_has_not_ended_and_a_rejected_one_has() {
        let job = |number, status| sample::job(number, json!({ "status": status }));
        assert_eq!(Progress::of_event(None, vec![job(1, "held"), job(2, "rejected")]).ended(), 1);
    }

    #[test]
    fn an_event_that_is_not_stored_is_said_to_be() {
        assert!(Progress::of_event(None, Vec::new()).missing().contains("the event is not stored"));
    }
}
