//! `engine buyer`: a buyer's timeline, and the erasure of a buyer.

use std::io::{self, Write};

use domain::erasure::Erasure;
use domain::fact::Email;
use domain::page::Wanted;
use operations::ListError;
use operations::buyers::{Entry, EraseError, TimeRange};
use runtime::clock;
use serde_json::json;

use crate::json;
use crate::log;
use crate::pages;
use crate::reading::Reading;
use crate::rules::action_label;
use crate::since::Backwards;
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};
use crate::terminal::{ConfirmError, Progress, confirm};

/// Show or erase the data of a buyer
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the buyer's events and actions, newest first
    Timeline {
        /// The buyer's email address
        #[arg(value_parser = |text: &str| Email::new(text))]
        email: Email,
        #[command(flatten)]
        reading: Reading<100>,
    },
    /// Erase the buyer's events and actions, including actions that wait; data that was sent to apps stays there
    Erase {
        /// The buyer's email address
        #[arg(value_parser = |text: &str| Email::new(text))]
        email: Email,
        /// Skip the confirmation
        #[arg(long)]
        yes: bool,
    },
}

/// The reason why a command on a buyer failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuyerError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The time range is empty.
    #[error(transparent)]
    Time(#[from] Backwards),
    /// The timeline cannot be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// The erasure was not confirmed.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// The erasure is not complete.
    #[error(transparent)]
    Erase(#[from] EraseError),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Shows the timeline or erases the buyer.
pub(crate) async fn run(command: Command, stack: &Stack, out: &mut impl Write) -> Result<(), BuyerError> {
    let (m, engine) = (stack.marketplace()?, stack.engine()?);
    let buyers = engine.buyers();
    match command {
        Command::Timeline { email, reading } => {
            let now = clock::now();
            let (from, to) = reading.span(now)?;
            let (buyer, range) = (stack.buyer(&email).await?, TimeRange { from, to });
            let page = async |wanted: Wanted<'_>| buyers.timeline(&m, buyer, range, wanted, now).await;
            let found = pages::first("the timeline", reading.most(), usize::MAX, page).await?;
            if reading.json() {
                return Ok(json::lines(found.iter().map(entry), out)?);
            }
            if found.is_empty() {
                writeln!(out, "Nothing is stored of this buyer in {m}.")?;
                return Ok(());
            }
            let rows: Vec<_> = found.iter().map(row).collect();
            Table::new(["TIME", "WHAT", "RESULT", "ID"]).cutting(&["WHAT", "RESULT"]).write(&rows, out)?;
        }
        Command::Erase { email, yes } => {
            confirm(&format!("Erase all events and actions of {email} in {m}?"), yes)?;
            let buyer = stack.buyer(&email).await?;
            let progress = Progress::start("Erasing");
            let erasure = loop {
                let now = clock::now();
                let erasure = buyers.erase(&m, buyer, now).await?;
                // If much is left, a repeated request continues. If a process is running, it has to end first.
                if erasure.complete || erasure.settles_at > now {
                    break erasure;
                }
                progress.show(&format!("Erasing: {} actions so far", erasure.erased.actions));
            };
            drop(progress);
            write(&erasure, out)?;
        }
    }
    Ok(())
}

fn write(erasure: &Erasure, out: &mut impl Write) -> io::Result<()> {
    let erased = &erasure.erased;
    writeln!(
        out,
        "Erased {} events, {} actions, {} claims and {} timers.",
        erased.events, erased.actions, erased.claims, erased.timers
    )?;
    if !erasure.complete {
        writeln!(
            out,
            "A fact that was just published may not be stored yet. Run the command again after {}.",
            when(erasure.settles_at)
        )?;
    }
    Ok(())
}

fn entry(entry: &Entry) -> serde_json::Value {
    match entry {
        Entry::Event(event) => json!({ "event": json::event(event) }),
        Entry::Action(job) => json!({ "action": json::action(job) }),
    }
}

fn row(entry: &Entry) -> [String; 4] {
    match entry {
        Entry::Event(event) => [
            when(event.occurred_at),
            format!("{} {}", event.detail_type, event.fact_id),
            String::new(),
            event.id.to_string(),
        ],
        Entry::Action(job) => {
            let why = log::why(job).map(|why| format!(": {why}")).unwrap_or_default();
            [
                when(job.updated_at),
                format!("  {}: {}", job.app.label(), action_label(job.app, &job.action)),
                format!("{}{why}", job.status),
                job.id.to_string(),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::erasure::Erased;

    use super::*;
    use crate::sample;

    #[test]
    fn a_timeline_has_events_and_under_them_actions_with_their_ids() {
        let event = Entry::Event(Box::new(sample::event(json!({}))));
        let job = sample::job(1, json!({ "status": "rejected", "reason": { "message": "No such list." } }));
        let action = Entry::Action(Box::new(job));
        assert_eq!(row(&event)[1..], ["Order Completed ord_1.completed", "", sample::EVENT]);
        assert_eq!(
            row(&action)[1..],
            ["  Mailchimp: Add Tag", "rejected: No such list.", &sample::job_id(1)]
        );
        assert_eq!(entry(&action)["action"]["event"], sample::EVENT);
    }

    #[test]
    fn an_erasure_that_is_not_complete_says_when_to_run_it_again() {
        let settles_at = "2026-05-04T10:02:00Z".parse().unwrap();
        let said = |complete| {
            let erased = Erased { events: 1, actions: 2, claims: 3, timers: 0 };
            let mut out = Vec::new();
            write(
                &Erasure {
                    id: String::new(),
                    at: settles_at,
                    settles_at,
                    covers_until: settles_at,
                    complete,
                    erased,
                },
                &mut out,
            )
            .unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(said(true), "Erased 1 events, 2 actions, 3 claims and 0 timers.\n");
        assert!(
            said(false).ends_with("Run the command again after 2026-05-04 10:02:00Z.\n"),
            "{}",
            said(false)
        );
    }
}
