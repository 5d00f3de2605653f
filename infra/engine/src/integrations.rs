//! `engine integrations`: the connected accounts, and how the other commands find one.

use std::io::{self, Write};

use aws::store::{Store, StoreError};
use domain::id::MarketplaceId;
use domain::integration::{Connection, Integration};
use jiff::Timestamp;
use operations::integrations::ConnectError;
use operations::integrations::etag;
pub(crate) use operations::integrations::named::{find, known};
use runtime::clock;

use crate::json::{self, Format};
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};

/// List the connected accounts
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    format: Format,
}

/// Give a connected account another label; rules keep it
#[derive(Debug, clap::Args)]
pub(crate) struct RenameArgs {
    /// The account's id or label
    #[arg(value_name = "ID|LABEL")]
    integration: String,
    /// The new label
    label: String,
}

/// Accounts that cannot be listed or found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IntegrationsError {
    /// No deployment, or nobody's data.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// Neither an id nor a label.
    #[error("integration `{reference}` does not exist in {marketplace}; there {known}")]
    Unknown {
        /// What was asked for.
        reference: String,
        /// Where.
        marketplace: MarketplaceId,
        /// What there is instead.
        known: String,
    },
    /// The label is not changed.
    #[error(transparent)]
    Rename(#[from] ConnectError),
    /// The table did not answer.
    #[error("the integrations cannot be read")]
    Store(#[from] StoreError),
    /// The terminal is gone.
    #[error("the list cannot be written")]
    Output(#[from] io::Error),
}

/// Lists.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), IntegrationsError> {
    let m = stack.marketplace()?;
    let found = stack.store().integrations(&m, clock::now()).await?;
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

/// Renames.
pub(crate) async fn rename(
    args: RenameArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), IntegrationsError> {
    let (m, store, now) = (stack.marketplace()?, stack.store(), clock::now());
    let before = named(&store, &m, &args.integration, now).await?;
    let renamed = stack.integrations()?.rename(&m, &before.id, &etag(&before), &args.label, now).await?;
    let label = renamed.map_or_else(|| before.label.clone(), |after| after.label);
    writeln!(
        out,
        "Renamed `{}` to `{label}`. Its rules are unchanged; a rules file names it by label.",
        before.label
    )?;
    Ok(())
}

/// The account that an id or a label names.
pub(crate) async fn named(
    store: &Store,
    m: &MarketplaceId,
    reference: &str,
    now: Timestamp,
) -> Result<Integration, IntegrationsError> {
    let all = store.integrations(m, now).await?;
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
