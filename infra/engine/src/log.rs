//! `engine log`: the Action Log, a row for each action.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

use aws::store::{Store, StoreError};
use domain::id::{JobId, MarketplaceId};
use domain::integration::Integration;
use domain::log::JobRecord;
use domain::outcome::Reason;
use jiff::Timestamp;
use runtime::clock;

use crate::integrations::{self, IntegrationsError};
use crate::rules::action_label;
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};

/// How often `--watch` looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many actions of each account `--watch` keeps an eye on: old ones change too, when they are tried again.
const WATCHED: usize = 500;

const HEADER: [&str; 10] = [
    "TIME",
    "TRIGGER",
    "ACTION",
    "APP",
    "INTEGRATION",
    "CONTACT",
    "STATUS",
    "ATTEMPTS",
    "NEXT ATTEMPT",
    "REASON",
];

/// Show the Action Log
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only that account's: its id or label
    #[arg(long, value_name = "ID|LABEL")]
    integration: Option<String>,
    /// The newest so many, to begin with
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u16,
    /// Go on showing what changes until Ctrl-C
    #[arg(long)]
    watch: bool,
}

/// A log that cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    /// No deployment, or nobody's data.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// No such account.
    #[error(transparent)]
    Integration(#[from] IntegrationsError),
    /// The table did not answer.
    #[error("the Action Log cannot be read")]
    Store(#[from] StoreError),
    /// The terminal is gone.
    #[error("the log cannot be written")]
    Output(#[from] io::Error),
}

/// Shows the log, once or for good.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), LogError> {
    let (m, store) = (stack.marketplace()?, stack.store());
    let limit = usize::from(args.limit.max(1));
    let reach = if args.watch { limit.max(WATCHED) } else { limit };
    let mut table = Table::new(HEADER);
    let mut shown: HashMap<JobId, Timestamp> = HashMap::new();
    let mut first = true;
    loop {
        let now = clock::now();
        let accounts = match &args.integration {
            Some(reference) => vec![integrations::named(&store, &m, reference, now).await?],
            None => store.integrations(&m, now).await?,
        };
        let mut jobs = newest(&store, &m, &accounts, reach, now).await?;
        jobs.retain(|job| shown.insert(job.id, job.updated_at) != Some(job.updated_at));
        if std::mem::take(&mut first) {
            jobs.truncate(limit);
        }
        if args.watch {
            // What comes later is printed later.
            jobs.reverse();
        }
        let rows: Vec<_> = jobs.iter().map(|job| row(job, &accounts)).collect();
        if !rows.is_empty() {
            table.write(&rows, out)?;
        } else if !args.watch {
            writeln!(out, "No actions yet.")?;
        }
        if !args.watch {
            return Ok(());
        }
        out.flush()?;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The newest actions of several accounts, what changed last first.
pub(crate) async fn newest(
    store: &Store,
    m: &MarketplaceId,
    accounts: &[Integration],
    limit: usize,
    now: Timestamp,
) -> Result<Vec<JobRecord>, StoreError> {
    let mut jobs = Vec::new();
    for account in accounts {
        jobs.extend(store.actions(m, &account.id, limit, now).await?);
    }
    jobs.sort_by_key(|job| Reverse((job.updated_at, job.id)));
    jobs.truncate(limit);
    Ok(jobs)
}

fn row(job: &JobRecord, accounts: &[Integration]) -> [String; 10] {
    let account = integrations::find(accounts, job.integration.as_str());
    [
        when(job.updated_at),
        job.trigger.label().to_owned(),
        action_label(job.app, &job.action).to_owned(),
        job.app.to_string(),
        account.map_or_else(|| job.integration.to_string(), |account| account.label.clone()),
        job.email.clone(),
        job.status.key().to_owned(),
        job.attempts.to_string(),
        job.next_attempt.map(when).unwrap_or_default(),
        job.reason.as_ref().map(reason).unwrap_or_default(),
    ]
}

/// Why, and what to do about it.
fn reason(reason: &Reason) -> String {
    match &reason.hint {
        Some(hint) if reason.message.ends_with(['.', '!', '?']) => format!("{} {hint}", reason.message),
        Some(hint) => format!("{}. {hint}", reason.message),
        None => reason.message.clone(),
    }
}

/// Where an action stands, in a line: "retrying, 1 attempt, next at 2026-05-04 10:00:10Z: Down."
pub(crate) fn standing(job: &JobRecord) -> String {
    let attempts =
        if job.attempts == 1 { "1 attempt".to_owned() } else { format!("{} attempts", job.attempts) };
    let next = job.next_attempt.map(|next| format!(", next at {}", when(next))).unwrap_or_default();
    let why = job.reason.as_ref().map(|why| format!(": {}", reason(why))).unwrap_or_default();
    format!("{}, {attempts}{next}{why}", job.status.key())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample;

    #[test]
    fn a_row_says_what_was_done_where_to_whom_and_what_comes_next() {
        let job = sample::job(
            1,
            json!({ "status": "retrying", "next_attempt": "2026-05-04T10:00:10.5Z",
                "reason": { "message": "Down.", "hint": "Wait." } }),
        );
        let row = row(&job, &[]);
        assert_eq!(
            row.join("|"),
            "2026-05-04 10:00:05Z|Product Purchased|Add Tag|mailchimp|int_1|ada@example.com|retrying|1|\
             2026-05-04 10:00:10Z|Down. Wait."
        );
        assert_eq!(row.len(), HEADER.len());
        assert_eq!(standing(&job), "retrying, 1 attempt, next at 2026-05-04 10:00:10Z: Down. Wait.");
    }
}
