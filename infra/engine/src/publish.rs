//! `engine publish`: sample files on the bus, held against the contract first.

mod entry;

use std::io::{self, Write};
use std::path::PathBuf;

use aws::bus::BusError;
use domain::fact::{Email, FactError};
use domain::id::MarketplaceId;
use runtime::clock;

use self::entry::{Entry, Overrides, Published};
use crate::stack::Stack;
use crate::table::Table;

/// Publish facts from files, as in events/samples
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A JSON array of entries as `aws events put-events --entries` takes it
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Make new facts of them: a new id each, and they occur now
    #[arg(long)]
    fresh: bool,
    /// Publish everything so many times; without --fresh that repeats the same facts
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// The customer's address, in place of the files'
    #[arg(long, value_name = "ADDRESS", value_parser = |text: &str| Email::new(text))]
    email: Option<Email>,
    /// Publish what breaks the contract too, with a warning
    #[arg(long)]
    force: bool,
    /// Print the event ids alone, a line each
    #[arg(long)]
    ids: bool,
}

/// Facts that are not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    /// A file cannot be opened.
    #[error("{file} cannot be read")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file does not hold entries.
    #[error(
        "{file}:{line}: this is no array of {{\"Source\", \"DetailType\", \"Detail\"}}; nothing was published",
        line = .source.line()
    )]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What it holds instead.
        #[source]
        source: serde_json::Error,
    },
    /// A fact breaks the contract. Nothing was published.
    #[error("{file}, entry {number}: nothing was published; --force publishes it all the same")]
    Refused {
        /// The file.
        file: PathBuf,
        /// Which entry of it, from 1.
        number: usize,
        /// What breaks the contract.
        #[source]
        source: FactError,
    },
    /// The bus did not take a fact; those before it are on it.
    #[error("the fact {id} is not on the bus; those before it are")]
    Bus {
        /// The fact's id.
        id: String,
        /// Why.
        #[source]
        source: BusError,
    },
    /// The terminal is gone.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Reads and checks everything, and then publishes it.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), PublishError> {
    let mut entries = Vec::new();
    for file in &args.files {
        let text = std::fs::read_to_string(file)
            .map_err(|source| PublishError::Unreadable { file: file.clone(), source })?;
        let read =
            entry::read(&text).map_err(|source| PublishError::Malformed { file: file.clone(), source })?;
        for (index, entry) in read.into_iter().enumerate() {
            let entry = overridden(entry, &args, stack.asked_for());
            match entry.check() {
                Ok(_) => {}
                Err(error) if args.force => writeln!(io::stderr(), "warning: {}: {error}", file.display())?,
                Err(source) => {
                    return Err(PublishError::Refused { file: file.clone(), number: index + 1, source });
                }
            }
            entries.push(entry);
        }
    }

    let bus = stack.bus();
    let mut table = if args.ids { Table::bare() } else { Table::new(["EVENT", "FACT", "ID"]) };
    for round in 0..args.repeat {
        for entry in &entries {
            // The first round is what was checked; facts are told apart by id, so the next ones need new ids.
            let again = (args.fresh && round > 0).then(|| overridden(entry.clone(), &args, None));
            let entry = again.as_ref().unwrap_or(entry);
            let published = bus.publish(&entry.source, &entry.detail_type, &entry.detail).await;
            let Published { fact, event } = entry.published();
            published.map_err(|source| PublishError::Bus { id: fact.clone(), source })?;
            let event = event.map_or_else(|| "-".to_owned(), |event| event.to_string());
            if args.ids {
                writeln!(out, "{event}")?;
            } else {
                table.write(&[[event, entry.detail_type.clone(), fact]], out)?;
            }
        }
    }
    Ok(())
}

fn overridden(entry: Entry, args: &Args, marketplace: Option<&MarketplaceId>) -> Entry {
    let fresh = args.fresh.then(|| (clock::unique(), clock::now()));
    entry.with(&Overrides { fresh, marketplace, email: args.email.as_ref() })
}
