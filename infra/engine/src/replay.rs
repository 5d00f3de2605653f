//! `engine replay` and `engine retry`: sending actions again. The ledger prevents that an action takes effect twice.
//! `engine cancel`: ending an action that waits.

use std::io::{self, Write};

use domain::id::{EventId, JobId, MarketplaceId, RuleId};
use domain::log::Status;
use domain::trigger::Trigger;
use operations::StoreError;
use operations::actions::{CancelError, Retried, Retry, RetryError};
use operations::replays::{self, Replay, ReplayRequest, RuleSource, Selection};
use runtime::clock;

use crate::since::{Backwards, Since, span};
use crate::stack::{Stack, StackError};
use crate::table::{printable, when};
use crate::terminal::Progress;

/// Send the actions of stored events again that failed or never started; actions that succeeded are skipped
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "engine replay <EVENT_ID> [OPTIONS]\n       engine replay --since <SINCE> [OPTIONS]"
)]
pub(crate) struct Args {
    /// The event; without it, the events of the time range
    #[arg(value_name = "EVENT_ID", required_unless_present = "since")]
    event: Option<EventId>,
    /// Only events that occurred since: 7d, 12h, 30m, or a time
    #[arg(long, conflicts_with = "event")]
    since: Option<Since>,
    /// Only events that occurred before: 7d, 12h, 30m, or a time
    #[arg(long, requires = "since")]
    until: Option<Since>,
    /// Only actions of this trigger
    #[arg(long)]
    trigger: Option<Trigger>,
    /// Only actions of this rule
    #[arg(long, value_name = "ID")]
    rule: Option<RuleId>,
    /// Only actions with one of these statuses, separated by commas: rejected, exhausted, …
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<Status>,
    /// Use the current rules, or send the actions that were sent then
    #[arg(long, value_enum, default_value = "now")]
    rules: Rules,
    /// Also send actions that already succeeded
    #[arg(long)]
    force: bool,
    /// Print the actions that would be sent, and send none
    #[arg(long)]
    dry_run: bool,
    /// The maximum number of events, newest first
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    limit: usize,
}

/// Send an action again, or try an action now that waits for its next attempt
#[derive(Debug, clap::Args)]
pub(crate) struct RetryArgs {
    /// The action's id
    job: JobId,
    /// Send the action even if it already succeeded
    #[arg(long)]
    force: bool,
}

/// Cancel an action that waits: it ends without effect
#[derive(Debug, clap::Args)]
pub(crate) struct CancelArgs {
    /// The action's id
    job: JobId,
}

/// The version of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Rules {
    /// The current rules
    Now,
    /// The actions that were sent then, even if the rules' conditions have changed
    Then,
}

/// The reason why actions are not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The time range is empty.
    #[error(transparent)]
    Time(#[from] Backwards),
    /// The event is not stored.
    #[error("event {event} is not stored in {marketplace}; `engine events` lists the newest")]
    UnknownEvent {
        /// The event.
        event: EventId,
        /// The marketplace.
        marketplace: MarketplaceId,
    },
    /// The action cannot be canceled.
    #[error(transparent)]
    Cancel(#[from] CancelError),
    /// The action cannot be retried.
    #[error(transparent)]
    Retry(#[from] RetryError),
    /// The replay failed.
    #[error(transparent)]
    Replay(#[from] replays::ReplayError),
    /// DynamoDB did not respond.
    #[error("the events cannot be read")]
    Store(#[from] StoreError),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Replays events.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), ReplayError> {
    let (m, engine, now) = (stack.marketplace()?, stack.engine()?, clock::now());
    let progress = Progress::start("Reading events");
    let events = match (args.event, args.since) {
        (Some(event), _) => {
            if engine.log().event(&m, &event, now).await?.is_none() {
                return Err(ReplayError::UnknownEvent { event, marketplace: m });
            }
            vec![event]
        }
        (None, since) => {
            let (since, until) = span(since, args.until, now)?;
            let (since, until) = (since.unwrap_or(now), until.unwrap_or(now));
            let found = engine.log().events_between(&m, since, until, args.limit.max(1), now).await?;
            if found.len() == args.limit {
                writeln!(
                    out,
                    "Only the newest {} events are replayed; --limit raises the number.",
                    args.limit
                )?;
            }
            // Oldest first, in the order in which the facts occurred.
            found.iter().rev().map(|event| event.id).collect()
        }
    };
    let by = match args.rules {
        Rules::Now => RuleSource::Current,
        Rules::Then => RuleSource::AsSent,
    };
    let selection = Selection { trigger: args.trigger, rule: args.rule, job: None, statuses: args.status };
    let request = ReplayRequest { selection, by, forced: args.force, run: replays::run() };
    progress.show(&format!("Planning {} events", events.len()));
    let secret = stack.digest_secret().await?;
    let replay = engine.replays().prepare(&secret, &m, &events, &request, now).await?;
    if !args.dry_run {
        progress.show("Sending actions");
        engine.replays().send(&m, &replay, now).await?;
    }
    drop(progress);
    Ok(write(events.len(), &replay, args.dry_run, out)?)
}

/// Retries an action.
pub(crate) async fn retry(args: RetryArgs, stack: &Stack, out: &mut impl Write) -> Result<(), ReplayError> {
    let (m, engine, now) = (stack.marketplace()?, stack.engine()?, clock::now());
    let asked = Retry { job: args.job, forced: args.force, run: replays::run() };
    let job = asked.job;
    let secret = stack.digest_secret().await?;
    match engine.actions().retry(&secret, &m, asked, now).await? {
        Retried::Sent => writeln!(out, "{job} is sent again.")?,
        Retried::Hastened => writeln!(out, "{job} waited for its next attempt, and is tried now.")?,
        Retried::TookEffect => {
            writeln!(out, "{job} already succeeded and is skipped; --force runs it again.")?;
        }
        Retried::LeftAlone(until) => writeln!(
            out,
            "{job} is tried again at its next attempt: calls to its app are paused after 10 failures in a row, until {}.",
            when(until)
        )?,
        Retried::UnderWay => writeln!(out, "{job} is already queued or running.")?,
        Retried::Held(why) => {
            let why = why.map(|why| format!(" {}", printable(&why.message))).unwrap_or_default();
            writeln!(
                out,
                "{job} is held. It continues when its integration is reconnected or its app is resumed.{why}"
            )?;
        }
    }
    Ok(())
}

/// Cancels an action.
pub(crate) async fn cancel(args: CancelArgs, stack: &Stack, out: &mut impl Write) -> Result<(), ReplayError> {
    let m = stack.marketplace()?;
    let canceled = stack.engine()?.actions().cancel(&m, args.job, clock::now()).await?;
    writeln!(out, "{} is canceled.", canceled.id)?;
    Ok(())
}

fn write(events: usize, replay: &Replay, dry_run: bool, out: &mut impl Write) -> io::Result<()> {
    let sent = if dry_run { "would be sent (--dry-run: nothing was sent)" } else { "sent" };
    writeln!(
        out,
        "{} actions of {} events {sent}; {events} events were read.",
        replay.actions(),
        replay.events()
    )?;
    if dry_run {
        for job in replay.jobs() {
            let action = crate::rules::action_label(job.app, &job.action);
            let what = format!(
                "{}: {}: {action} for {}, by {}",
                job.id,
                job.app.label(),
                job.contact.email,
                job.rule
            );
            writeln!(out, "  {}", printable(&what))?;
        }
    }
    let left = [
        (replay.done.len(), "already succeeded and are skipped; --force runs them again"),
        (replay.under_way.len(), "are queued, running or held, and are skipped"),
        (replay.gone.len(), "cannot run again: their rule is deleted or no longer requests them"),
    ];
    for (count, why) in left.into_iter().filter(|(count, _)| *count > 0) {
        writeln!(out, "{count} {why}.")?;
    }
    for superseded in &replay.superseded {
        writeln!(out, "{} is not sent. {}", superseded.job, printable(&superseded.reason))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::run::RunId;
    use operations::firings::RulesByTrigger;

    use super::*;

    #[test]
    fn what_is_left_alone_is_counted_with_the_reason() {
        let job = crate::sample::job_id(1).parse().unwrap();
        let gone = vec![replays::Gone { job, why: replays::Why::Deleted }];
        let request = ReplayRequest {
            selection: Selection::default(),
            by: RuleSource::Current,
            forced: false,
            run: RunId::new(jiff::Timestamp::UNIX_EPOCH, "x"),
        };
        let mut replay = Replay::new(RulesByTrigger::default(), &request, crate::sample::secret());
        (replay.done, replay.gone) = (vec![job], gone);
        let mut out = Vec::new();
        write(1, &replay, false, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.starts_with("0 actions of 0 events sent; 1 events were read.\n1 already succeeded"),
            "{text}"
        );
        assert!(text.contains("1 cannot run again") && !text.contains("queued"), "{text}");
    }
}
