//! `engine config-log`: the Configuration Log of a connected account.

use std::io::{self, Write};

use aws::store::StoreError;
use domain::log::ConfigEntry;
use runtime::clock;
use serde_json::json;

use crate::integrations::{self, IntegrationsError};
use crate::json::{self, Format};
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};

/// Show the Configuration Log of an account
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The account's id or label
    #[arg(value_name = "ID|LABEL")]
    integration: String,
    #[command(flatten)]
    format: Format,
}

/// The reason why the log cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigLogError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The account does not exist.
    #[error(transparent)]
    Integration(#[from] IntegrationsError),
    /// DynamoDB did not respond.
    #[error("the Configuration Log cannot be read")]
    Store(#[from] StoreError),
    /// Standard output is closed.
    #[error("the log cannot be written")]
    Output(#[from] io::Error),
}

/// Shows the log, newest first.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), ConfigLogError> {
    let (m, store, now) = (stack.marketplace()?, stack.store(), clock::now());
    let account = integrations::named(&store, &m, &args.integration, now).await?;
    let entries = store.config_log(&m, &account.id, now).await?;
    if args.format.json {
        return Ok(json::lines(entries.iter().map(|entry| json!(entry)), out)?);
    }
    if entries.is_empty() {
        writeln!(out, "The Configuration Log of `{}` is empty.", account.label)?;
        return Ok(());
    }
    let rows: Vec<_> = entries.iter().map(row).collect();
    Table::new(["TIME", "APP", "ACTION", "RESULT", "MESSAGE"]).cutting(&["MESSAGE"]).write(&rows, out)?;
    match store.held_count(&m, &account.id).await? {
        0 => {}
        held => writeln!(out, "\nActions held until the account is reconnected: {held}.")?,
    }
    Ok(())
}

fn row(entry: &ConfigEntry) -> [String; 5] {
    [
        when(entry.at),
        entry.app.to_string(),
        entry.action.clone(),
        if entry.ok { "ok" } else { "failed" }.to_owned(),
        entry.message.clone(),
    ]
}
