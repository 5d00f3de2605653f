//! `engine publish`: publishes facts from files after validating them against the contract.

mod entry;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use domain::fact::{Email, FactError};
use domain::id::MarketplaceId;
use operations::facts::BusError;
use operations::sources::Sources;
use runtime::clock;

use self::entry::{Entry, Overrides, Published};
use crate::input::InputError;
use crate::stack::{Stack, StackError};
use crate::table::Table;

/// Publish facts from files, as in events/samples
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A JSON array of entries as `aws events put-events --entries` takes it
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Publish them as new facts: each gets a new id and occurs now
    #[arg(long)]
    fresh: bool,
    /// The number of times to publish everything; without --fresh, the same facts are repeated
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// The customer's email address, in place of that in the files
    #[arg(long, value_name = "ADDRESS", value_parser = |text: &str| Email::new(text))]
    email: Option<Email>,
    /// Also publish facts that break the contract, with a warning
    #[arg(long)]
    force: bool,
    /// Print only the event ids, one per line
    #[arg(long)]
    ids: bool,
}

/// The reason why facts are not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    /// The deployment's outputs are not complete.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// A file has no valid entries.
    #[error("nothing was published")]
    Input(#[from] InputError),
    /// No rule of the bus would match a fact. Nothing was published.
    #[error("{}; nothing was published, --force publishes it anyway", self.problem())]
    Source {
        /// The file.
        file: PathBuf,
        /// The number of the entry in the file, counted from 1.
        number: usize,
        /// The entry's source.
        found: String,
        /// The sources that the deployment accepts.
        expected: Sources,
    },
    /// A fact breaks the contract. Nothing was published.
    #[error("{}; nothing was published, --force publishes it anyway", self.problem())]
    Refused {
        /// The file.
        file: PathBuf,
        /// The number of the entry in the file, counted from 1.
        number: usize,
        /// The violation of the contract.
        #[source]
        source: FactError,
    },
    /// EventBridge did not accept a fact. Earlier facts were published.
    #[error("fact {id} cannot be published; the facts before it were")]
    Bus {
        /// The fact's id.
        id: String,
        /// The cause.
        #[source]
        source: BusError,
    },
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

impl PublishError {
    /// The invalid fact, with its file and number.
    fn problem(&self) -> String {
        match self {
            Self::Source { file, number, found, expected } => format!(
                "{}, entry {number}: `Source` is `{found}`, and this deployment accepts only: {expected}; correct the \
                 entry, or add `{found}` to the stack's parameter Source",
                file.display()
            ),
            Self::Refused { file, number, source } => format!("{}, entry {number}: {source}", file.display()),
            Self::Stack(_) | Self::Input(_) | Self::Bus { .. } | Self::Output(_) => self.to_string(),
        }
    }
}

/// Reads and validates all facts, and then publishes them.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), PublishError> {
    let sources = stack.sources()?;
    let mut entries = Vec::new();
    for file in &args.files {
        for (index, entry) in entry::read(file)?.into_iter().enumerate() {
            let entry = overridden(entry, &args, stack.asked_for());
            let checked = checked(&entry, file, index + 1, &sources);
            match checked {
                Err(error) if args.force => writeln!(io::stderr(), "warning: {}", error.problem())?,
                checked => checked?,
            }
            entries.push(entry);
        }
    }

    let (engine, secret) = (stack.engine()?, stack.digest_secret().await?);
    let mut table = if args.ids { Table::bare() } else { Table::new(["EVENT", "FACT", "ID"]) };
    for round in 0..args.repeat {
        for entry in &entries {
            // The first round publishes the validated facts. Facts are identified by id, so further rounds need new
            // ids.
            let again = (args.fresh && round > 0).then(|| overridden(entry.clone(), &args, None));
            let entry = again.as_ref().unwrap_or(entry);
            let published = engine.facts().publish(&entry.source, &entry.detail_type, &entry.detail).await;
            let Published { fact, event } = entry.published(&secret);
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

/// Validates a fact against the contract and the deployment's sources.
fn checked(entry: &Entry, file: &Path, number: usize, sources: &Sources) -> Result<(), PublishError> {
    let file = file.to_owned();
    let expected = sources.of(&entry.detail_type);
    if !expected.has(&entry.source) {
        let found = entry.source.clone();
        return Err(PublishError::Source { file, number, found, expected });
    }
    match entry.check() {
        Ok(_) => Ok(()),
        Err(source) => Err(PublishError::Refused { file, number, source }),
    }
}

fn overridden(entry: Entry, args: &Args, marketplace: Option<&MarketplaceId>) -> Entry {
    let fresh = args.fresh.then(|| (clock::unique(), clock::now()));
    entry.with(&Overrides { fresh, marketplace, email: args.email.as_ref() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_no_bus_rule_matches_is_refused_with_the_correction() {
        let sources: Sources = "commerce,courses".parse().unwrap();
        let sample = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../events/samples/order-completed.one-item.json"
        ));
        let mut entry = entry::read(sample).unwrap().remove(0);
        for known in ["commerce", "courses"] {
            entry.source = known.to_owned();
            assert!(checked(&entry, sample, 1, &sources).is_ok());
        }
        entry.source = "shop".to_owned();
        let error = checked(&entry, sample, 1, &sources).unwrap_err().to_string();
        assert!(
            error.contains(
                "entry 1: `Source` is `shop`, and this deployment accepts only: commerce, courses;"
            ) && error.contains("add `shop` to the stack's parameter Source"),
            "{error}"
        );
    }
}
