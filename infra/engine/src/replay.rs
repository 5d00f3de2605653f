//! `engine replay` and `engine retry`: an event's actions once more; the ledger keeps what took effect from repeating.
//! `engine cancel`: the end of an action that waits.

use std::io::{self, Write};

use aws::store::StoreError;
use domain::id::{EventId, JobId, MarketplaceId, RuleId};
use domain::log::Status;
use domain::run::RunId;
use domain::trigger::Trigger;
use operations::cancel::{self, CancelError};
use operations::replay::{self, Replay, ReplayRequest, RuleSource, Selection};
use operations::retry::{self, Retried, Retry, RetryError};
use runtime::clock;

use crate::since::{Backwards, Since, span};
use crate::stack::{Stack, StackError};
use crate::table::{printable, when};
use crate::terminal::Progress;

/// Send the actions of stored events again: those that failed or never ran, not those that took effect
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "engine replay <EVENT_ID> [OPTIONS]\n       engine replay --since <SINCE> [OPTIONS]"
)]
pub(crate) struct Args {
    /// One event; without it, those of a time
    #[arg(value_name = "EVENT_ID", required_unless_present = "since")]
    event: Option<EventId>,
    /// Events that occurred since then: 7d, 12h, 30m, or a time
    #[arg(long, conflicts_with = "event")]
    since: Option<Since>,
    /// And before then
    #[arg(long, requires = "since")]
    until: Option<Since>,
    /// Only actions of that trigger
    #[arg(long)]
    trigger: Option<Trigger>,
    /// Only actions of that rule
    #[arg(long, value_name = "ID")]
    rule: Option<RuleId>,
    /// Only actions with that status, or one of several between commas: rejected, exhausted, …
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<Status>,
    /// Go by the rules as they are now, or send what was sent then
    #[arg(long, value_enum, default_value = "now")]
    rules: Rules,
    /// Do what took effect a second time too
    #[arg(long)]
    force: bool,
    /// Say what would be sent and send nothing
    #[arg(long)]
    dry_run: bool,
    /// At most so many events, the newest first
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    limit: usize,
}

/// Send one action again, or one that waits for its next attempt now
#[derive(Debug, clap::Args)]
pub(crate) struct RetryArgs {
    /// The action's id
    job: JobId,
    /// Do it a second time if it took effect
    #[arg(long)]
    force: bool,
}

/// Cancel one action that waits: it ends without effect
#[derive(Debug, clap::Args)]
pub(crate) struct CancelArgs {
    /// The action's id
    job: JobId,
}

/// Which rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Rules {
    /// As they are now
    Now,
    /// What was sent then, whatever became of the rules' conditions
    Then,
}

/// Actions that are not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// No deployment, or nobody's data.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// No stretch of time.
    #[error(transparent)]
    Time(#[from] Backwards),
    /// There is no such event.
    #[error("event {event} is not stored in {marketplace}; `engine events` lists the newest")]
    UnknownEvent {
        /// The event.
        event: EventId,
        /// Where.
        marketplace: MarketplaceId,
    },
    /// The action is not canceled.
    #[error(transparent)]
    Cancel(#[from] CancelError),
    /// The action is not tried.
    #[error(transparent)]
    Retry(#[from] RetryError),
    /// The replay did not go through.
    #[error(transparent)]
    Replay(#[from] replay::ReplayError),
    /// The table did not answer.
    #[error("the events cannot be read")]
    Store(#[from] StoreError),
    /// The terminal is gone.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Replays.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), ReplayError> {
    let (m, store, now) = (stack.marketplace()?, stack.store(), clock::now());
    let progress = Progress::start("Reading events");
    let events = match (args.event, args.since) {
        (Some(event), _) => {
            if store.event(&m, &event, now).await?.is_none() {
                return Err(ReplayError::UnknownEvent { event, marketplace: m });
            }
            vec![event]
        }
        (None, since) => {
            let (since, until) = span(since, args.until, now)?;
            let (since, until) = (since.unwrap_or(now), until.unwrap_or(now));
            let found = store.events_between(&m, since, until, args.limit.max(1), now).await?;
            if found.len() == args.limit {
                writeln!(out, "Only the newest {} events are replayed; --limit takes more.", args.limit)?;
            }
            // Oldest first, as they happened.
            found.iter().rev().map(|event| event.id).collect()
        }
    };
    let by = match args.rules {
        Rules::Now => RuleSource::Current,
        Rules::Then => RuleSource::AsSent,
    };
    let selection = Selection { trigger: args.trigger, rule: args.rule, job: None, statuses: args.status };
    let request = ReplayRequest { selection, by, forced: args.force, run: RunId::new(now, &clock::unique()) };
    progress.show(&format!("Planning {} events", events.len()));
    let replay = replay::prepare(&store, &m, &events, &request, now).await?;
    if !args.dry_run {
        progress.show("Sending actions");
        replay::send(&replay, &stack.queues()).await?;
    }
    drop(progress);
    Ok(write(events.len(), &replay, args.dry_run, out)?)
}

/// Tries one action again.
pub(crate) async fn retry(args: RetryArgs, stack: &Stack, out: &mut impl Write) -> Result<(), ReplayError> {
    let (m, store, now) = (stack.marketplace()?, stack.store(), clock::now());
    let asked = Retry { job: args.job, forced: args.force, run: RunId::new(now, &clock::unique()) };
    let job = asked.job;
    match retry::retry(&store, &stack.queues(), &m, asked, now).await? {
        Retried::Sent => writeln!(out, "{job} is sent again.")?,
        Retried::Hastened => writeln!(out, "{job} waited for its next attempt, and is tried now.")?,
        Retried::TookEffect => {
            writeln!(out, "{job} took effect before and is left alone; --force does it again.")?;
        }
        Retried::LeftAlone(until) => writeln!(
            out,
            "{job} is tried again at its next attempt: calls to its app are paused after 10 failures in a row, until {}.",
            when(until)
        )?,
        Retried::UnderWay => writeln!(out, "{job} is on its queue, or running.")?,
        Retried::Held(why) => {
            let why = why.map(|why| format!(" {}", printable(&why.message))).unwrap_or_default();
            writeln!(
                out,
                "{job} is held until its integration is connected again or its app is resumed, and goes on then.{why}"
            )?;
        }
    }
    Ok(())
}

/// Cancels one action.
pub(crate) async fn cancel(args: CancelArgs, stack: &Stack, out: &mut impl Write) -> Result<(), ReplayError> {
    let canceled = cancel::cancel(&stack.store(), &stack.marketplace()?, args.job, clock::now()).await?;
    writeln!(out, "{} is canceled.", canceled.id)?;
    Ok(())
}

fn write(events: usize, replay: &Replay, dry_run: bool, out: &mut impl Write) -> io::Result<()> {
    let sent = if dry_run { "would be sent (nothing is: --dry-run)" } else { "sent" };
    writeln!(
        out,
        "{} actions of {} events {sent}; looked at {events} events.",
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
        (replay.done.len(), "took effect before and are left alone; --force does them again"),
        (replay.under_way.len(), "are under way or held, and go on by themselves"),
        (replay.gone.len(), "cannot be made again: their rule is deleted, or does something else now"),
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
    use operations::firings::RulesByTrigger;

    use super::*;

    #[test]
    fn what_is_left_alone_is_counted_with_the_reason() {
        let job = crate::sample::job_id(1).parse().unwrap();
        let gone = vec![replay::Gone { job, why: replay::Why::Deleted }];
        let request = ReplayRequest {
            selection: Selection::default(),
            by: RuleSource::Current,
            forced: false,
            run: RunId::new(jiff::Timestamp::UNIX_EPOCH, "x"),
        };
        let mut replay = Replay::new(RulesByTrigger::default(), &request);
        (replay.done, replay.gone) = (vec![job], gone);
        let mut out = Vec::new();
        write(1, &replay, false, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.starts_with("0 actions of 0 events sent; looked at 1 events.\n1 took effect before"),
            "{text}"
        );
        assert!(text.contains("1 cannot be made again") && !text.contains("under way"), "{text}");
    }
}
