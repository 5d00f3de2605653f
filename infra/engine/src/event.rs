//! `engine event`: one event, every rule's verdict in plain words, and its actions with each attempt.

mod report;

use std::io::{self, Write};

use aws::store::StoreError;
use domain::id::{EventId, MarketplaceId};
use operations::explain::explain;
use operations::notes::notes;
use runtime::clock;

use crate::stack::{Stack, StackError};

/// Show an event: what each rule made of it, and why
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The event's id, as `engine publish` and `engine events` print it
    id: EventId,
}

/// An event that cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventError {
    /// No deployment, or nobody's data.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// It is not stored.
    #[error(
        "event {event} is not stored in {marketplace}: its fact is not planned yet, fires no trigger, broke the \
         contract (then the facts queue has it), or is older than the log is kept"
    )]
    Unknown {
        /// The event.
        event: EventId,
        /// Where.
        marketplace: MarketplaceId,
    },
    /// The table did not answer.
    #[error("the event cannot be read")]
    Store(#[from] StoreError),
    /// The terminal is gone.
    #[error("the event cannot be written")]
    Output(#[from] io::Error),
}

/// Shows it.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), EventError> {
    let (m, store, now) = (stack.marketplace()?, stack.store(), clock::now());
    let (event, jobs) = store.event_with_jobs(&m, &args.id, now).await?;
    let Some(event) = event else {
        return Err(EventError::Unknown { event: args.id, marketplace: m });
    };
    let rules = store.rules(&m, now).await?;
    let notes = notes(&store, &m, &event, now).await?;
    report::write(&event, &jobs, &explain(&event, rules, None), &notes, now, out)?;
    Ok(())
}
