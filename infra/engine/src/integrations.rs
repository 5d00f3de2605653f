//! `engine integrations`: the connected accounts, and their lookup for the other commands.

use std::io::{self, Write};

use domain::id::MarketplaceId;
use domain::integration::{Connection, Integration};
use jiff::Timestamp;
use operations::integrations::ConnectError;
use operations::integrations::etag;
pub(crate) use operations::integrations::named::{find, known};
use operations::{Engine, StoreError};
use runtime::clock;

use crate::json;
use crate::reading::Format;
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};

/// List the connected accounts
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    format: Format,
}

/// Rename a connected account; its rules keep it
#[derive(Debug, clap::Args)]
pub(crate) struct RenameArgs {
    /// The account's id or label
    #[arg(value_name = "ID|LABEL")]
    integration: String,
    /// The new label
    label: String,
}

/// The reason why accounts cannot be listed, found or renamed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IntegrationsError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// No account has this id or label.
    #[error("integration `{reference}` does not exist in {marketplace}; there {known}")]
    Unknown {
        /// The given id or label.
        reference: String,
        /// The marketplace.
        marketplace: MarketplaceId,
        /// The existing accounts.
        known: String,
    },
    /// The account cannot be renamed.
    #[error(transparent)]
    Rename(#[from] ConnectError),
    /// DynamoDB did not respond.
    #[error("the integrations cannot be read")]
    Store(#[from] StoreError),
    /// Standard output is closed.
    #[error("the list cannot be written")]
    Output(#[from] io::Error),
}

/// Lists the accounts.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), IntegrationsError> {
    let m = stack.marketplace()?;
    let found = stack.engine()?.integrations().all(&m, clock::now()).await?;
    if args.format.json {
        return Ok(json::lines(found.iter().map(json::integration), out)?);
    }
    if found.is_empty() {
        writeln!(out, "No app is connected in {m}.")?;
        return Ok(());
    }
    let rows: Vec<_> = found.iter().map(row).collect();
    Table::new(["ID", "APP", "LABEL", "STATE", "UPDATED"]).cutting(&["LABEL", "STATE"]).write(&rows, out)?;
    Ok(())
}

/// Renames an account.
pub(crate) async fn rename(
    args: RenameArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), IntegrationsError> {
    let (m, engine, now) = (stack.marketplace()?, stack.engine()?, clock::now());
    let before = named(&engine, &m, &args.integration, now).await?;
    let renamed = engine.integrations().rename(&m, &before.id, &etag(&before), &args.label, now).await?;
    let label = renamed.map_or_else(|| before.label.clone(), |after| after.label);
    writeln!(
        out,
        "Renamed `{}` to `{label}`. Its rules are unchanged; a rules file names it by label.",
        before.label
    )?;
    Ok(())
}

/// Finds the account with this id or label.
pub(crate) async fn named(
    engine: &Engine,
    m: &MarketplaceId,
    reference: &str,
    now: Timestamp,
) -> Result<Integration, IntegrationsError> {
    let all = engine.integrations().all(m, now).await?;
    match find(&all, reference) {
        Some(found) => Ok(found.clone()),
        None => Err(IntegrationsError::Unknown {
            reference: reference.to_owned(),
            marketplace: m.clone(),
            known: known(&all),
        }),
    }
}

fn row(integration: &Integration) -> [String; 5] {
    let state = match &integration.connection {
        Connection::Connected => "connected".to_owned(),
        Connection::NeedsReconnect { since, reason } => {
            format!("needs reconnect since {}: {}", when(*since), reason.message)
        }
    };
    [
        integration.id.to_string(),
        integration.app.to_string(),
        integration.label.clone(),
        state,
        when(integration.updated_at),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn integration(id: &str, label: &str) -> Integration {
        let integration = json!({
            "id": id, "marketplace": "demo", "app": "mailchimp", "label": label, "method": "api_key", "credentials": "x",
            "connection": { "state": "connected" },
            "created_at": "2026-05-04T10:00:00Z", "updated_at": "2026-05-04T10:00:00.123Z",
        });
        serde_json::from_value(integration).unwrap()
    }

    #[test]
    fn a_row_says_how_the_account_stands() {
        let mut integration = integration("int_1", "Main");
        assert_eq!(row(&integration)[3..], ["connected", "2026-05-04 10:00:00Z"]);
        integration.connection = serde_json::from_value(json!({
            "state": "needs_reconnect", "since": "2026-05-04T11:00:00Z", "reason": { "message": "Key revoked." },
        }))
        .unwrap();
        assert_eq!(row(&integration)[3], "needs reconnect since 2026-05-04 11:00:00Z: Key revoked.");
    }
}
