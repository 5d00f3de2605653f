//! `engine log`: the Action Log, one action per row.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

use domain::id::{JobId, MarketplaceId, RuleId};
use domain::integration::Integration;
use domain::log::{JobRecord, Status};
use domain::outcome::Reason;
use domain::page::Wanted;
use domain::trigger::Trigger;
use jiff::Timestamp;
use operations::log::ActionFilter;
use operations::{Engine, ListError, StoreError};
use runtime::clock;

use crate::filter::{Facts, FilterError};
use crate::integrations::{self, IntegrationsError};
use crate::json;
use crate::pages;
use crate::reading::Reading;
use crate::rules::action_label;
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};

/// The interval at which `--watch` reads the log.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The number of newest actions that `--watch` compares. Old actions change too, when they are retried.
const WATCHED: usize = 500;
/// The maximum number of pages that `--watch` reads each time.
const WATCHED_PAGES: usize = 5;

const HEADER: [&str; 8] =
    ["UPDATED", "STATUS", "TRIGGER", "ACTION", "INTEGRATION", "CONTACT", "REASON", "ID"];

/// Show the Action Log, actions of the newest fact first
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only actions of this account: its id or label
    #[arg(long, value_name = "ID|LABEL")]
    integration: Option<String>,
    /// Only actions of this rule
    #[arg(long, value_name = "ID")]
    rule: Option<RuleId>,
    /// Only actions of this trigger
    #[arg(long)]
    trigger: Option<Trigger>,
    /// Only actions with one of these statuses, separated by commas: rejected, exhausted, held, …
    #[arg(long, value_delimiter = ',')]
    status: Vec<Status>,
    #[command(flatten)]
    facts: Facts,
    /// Print changes until Ctrl-C
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    reading: Reading<50>,
}

/// The reason why the log cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The account does not exist.
    #[error(transparent)]
    Integration(#[from] IntegrationsError),
    /// A filter cannot be used.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The accounts cannot be read.
    #[error("the integrations cannot be read")]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// Standard output is closed.
    #[error("the log cannot be written")]
    Output(#[from] io::Error),
}

/// Shows the log, once or continuously.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), LogError> {
    let (m, engine) = (stack.marketplace()?, stack.engine()?);
    let limit = args.reading.most();
    let (reach, most_pages) =
        if args.watch { (limit.max(WATCHED), WATCHED_PAGES) } else { (limit, usize::MAX) };
    let filter = filter(&args, stack, &engine, &m, clock::now()).await?;
    let mut table = Table::new(HEADER).cutting(&["TRIGGER", "ACTION", "INTEGRATION", "CONTACT", "REASON"]);
    let mut shown: HashMap<JobId, Timestamp> = HashMap::new();
    let mut first = true;
    loop {
        let now = clock::now();
        // Later facts are watched too.
        let filter = ActionFilter { to: filter.to.filter(|_| !args.watch), ..filter.clone() };
        let page = async |wanted: Wanted<'_>| engine.log().actions(&m, &filter, wanted, now).await;
        let mut jobs = pages::first("the Action Log", reach, most_pages, page).await?;
        jobs.retain(|job| shown.insert(job.id, job.updated_at) != Some(job.updated_at));
        if std::mem::take(&mut first) {
            jobs.truncate(limit);
        }
        if args.watch {
            // The newest action is printed last, so that new ones follow it.
            jobs.reverse();
        }
        if args.reading.json() {
            json::lines(jobs.iter().map(json::action), out)?;
        } else if !jobs.is_empty() {
            let accounts = engine.integrations().all(&m, now).await?;
            let rows: Vec<_> = jobs.iter().map(|job| row(job, &accounts)).collect();
            table.write(&rows, out)?;
        } else if !args.watch {
            let narrower = filter != ActionFilter::default();
            writeln!(out, "{}", if narrower { "No action matches." } else { "No actions yet." })?;
        }
        if !args.watch {
            return Ok(());
        }
        out.flush()?;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn filter(
    args: &Args,
    stack: &Stack,
    engine: &Engine,
    m: &MarketplaceId,
    now: Timestamp,
) -> Result<ActionFilter, LogError> {
    let integration = match &args.integration {
        Some(reference) => Some(integrations::named(engine, m, reference, now).await?.id),
        None => None,
    };
    let (rule, trigger, statuses) = (args.rule.clone(), args.trigger, args.status.clone());
    Ok(ActionFilter {
        integration,
        rule,
        trigger,
        statuses,
        ..args.facts.actions(stack, &args.reading, now).await?
    })
}

fn row(job: &JobRecord, accounts: &[Integration]) -> [String; 8] {
    let account = integrations::find(accounts, job.integration.as_str());
    [
        when(job.updated_at),
        status(job),
        job.trigger.label().to_owned(),
        format!("{}: {}", job.app.label(), action_label(job.app, &job.action)),
        account.map_or_else(|| job.integration.to_string(), |account| account.label.clone()),
        job.email.clone(),
        why(job).unwrap_or_default(),
        job.id.to_string(),
    ]
}

/// The status, marked if the action is a test: "performed (test)".
fn status(job: &JobRecord) -> String {
    let mark = if job.test { " (test)" } else { "" };
    format!("{}{mark}", job.status.key())
}

/// "next attempt at 2026-05-04 10:00:10Z: Down. Wait."
pub(crate) fn why(job: &JobRecord) -> Option<String> {
    let next = job.next_attempt.map(|next| format!("next attempt at {}", when(next)));
    let parts: Vec<_> = next.into_iter().chain(job.reason.as_ref().map(reason)).collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}

/// The reason, and how to resolve the problem.
fn reason(reason: &Reason) -> String {
    match &reason.hint {
        Some(hint) if reason.message.ends_with(['.', '!', '?']) => format!("{} {hint}", reason.message),
        Some(hint) => format!("{}. {hint}", reason.message),
        None => reason.message.clone(),
    }
}

/// An action's status in a line: "retrying, 1 attempt, next at 2026-05-04 10:00:10Z: Down."
pub(crate) fn standing(job: &JobRecord) -> String {
    let attempts =
        if job.attempts == 1 { "1 attempt".to_owned() } else { format!("{} attempts", job.attempts) };
    let next = job.next_attempt.map(|next| format!(", next at {}", when(next))).unwrap_or_default();
    let why = job.reason.as_ref().map(|why| format!(": {}", reason(why))).unwrap_or_default();
    format!("{}, {attempts}{next}{why}", status(job))
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
            format!(
                "2026-05-04 10:00:05Z|retrying|Product Purchased|Mailchimp: Add Tag|int_1|ada@example.com|\
                 next attempt at 2026-05-04 10:00:10Z: Down. Wait.|{}",
                sample::job_id(1)
            )
        );
        assert_eq!(standing(&job), "retrying, 1 attempt, next at 2026-05-04 10:00:10Z: Down. Wait.");
        let test = sample::job(1, json!({ "status": "performed", "test": true }));
        assert_eq!(super::row(&test, &[])[1], "performed (test)");
    }
}
