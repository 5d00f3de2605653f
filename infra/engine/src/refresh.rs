//! `engine refresh`, `options` and `disconnect`: what a connected account offers, and letting it go.

use std::io::{self, Write};

use aws::store::{BoundedCount, SaveError, StoreError};
use domain::connector_rpc;
use operations::integrations::{self, Deletion, Gone, Pulls};
use runtime::clock;

use crate::integrations::{IntegrationsError, named};
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};

/// Test a connected account and pull what it offers to choose from
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The account's id or label
    #[arg(value_name = "ID|LABEL")]
    integration: String,
}

/// Show what a connected account offers to choose from, as of its last refresh
#[derive(Debug, clap::Args)]
pub(crate) struct OptionsArgs {
    /// The account's id or label
    #[arg(value_name = "ID|LABEL")]
    integration: String,
    /// Only what holds this in its name or value
    #[arg(long, value_name = "TEXT", default_value = "")]
    search: String,
}

/// Let a connected account go; its rules are switched off
#[derive(Debug, clap::Args)]
pub(crate) struct DisconnectArgs {
    /// The account's id or label
    #[arg(value_name = "ID|LABEL")]
    integration: String,
}

/// A command that came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    /// No deployment, or nobody's data.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// No such account.
    #[error(transparent)]
    Integration(#[from] IntegrationsError),
    /// Nothing was pulled.
    #[error(transparent)]
    Refresh(#[from] integrations::RefreshError),
    /// The account is not deleted.
    #[error("the integration is not deleted")]
    Delete(#[from] SaveError),
    /// The table did not answer.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
    /// The terminal is gone.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Refreshes.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), RefreshError> {
    let (m, store, now) = (stack.marketplace()?, stack.store(), clock::now());
    let id = named(&store, &m, &args.integration, now).await?.id;
    let pulls = stack.integrations()?.refresh(&m, &id, now).await?;
    let Pulls { integration, lists, failed, missing } = &pulls;
    let account = integration.account.as_ref().map(|account| format!(" ({account})")).unwrap_or_default();
    writeln!(out, "Refreshed `{}`{account}.", integration.label)?;
    let row = |list: &connector_rpc::ListSize| [list.list.clone(), list.count.to_string()];
    let rows: Vec<_> = lists.iter().map(row).collect();
    Table::bare().write(&rows, out)?;
    for failed in failed {
        writeln!(out, "{}", pulls.told(failed))?;
    }
    for missing in missing {
        writeln!(out, "{missing}")?;
    }
    Ok(())
}

/// Shows the lists.
pub(crate) async fn options(
    args: OptionsArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), RefreshError> {
    let (m, store, now) = (stack.marketplace()?, stack.store(), clock::now());
    let account = named(&store, &m, &args.integration, now).await?;
    let lists = stack.integrations()?.lists(&account, now).await?;
    if lists.is_empty() {
        writeln!(out, "Nothing was pulled from `{}` yet: `engine refresh` does.", account.label)?;
        return Ok(());
    }
    let wanted = args.search.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let mut table = Table::new(["LIST", "VALUE", "NAME", "OF", "PULLED"]);
    for list in lists {
        let found = list.items.iter().filter(|item| holds(&item.label) || holds(&item.value));
        let rows = found.map(|item| {
            let parent = item.parent.clone().unwrap_or_default();
            [list.list.clone(), item.value.clone(), item.label.clone(), parent, when(list.at)]
        });
        table.write(&rows.collect::<Vec<_>>(), out)?;
    }
    Ok(())
}

/// Disconnects.
pub(crate) async fn disconnect(
    args: DisconnectArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), RefreshError> {
    let (m, store, now) = (stack.marketplace()?, stack.store(), clock::now());
    let account = named(&store, &m, &args.integration, now).await?;
    let Some(Gone { deleted, revoked }) =
        stack.integrations()?.disconnect(&m, &account.id, None, now).await?
    else {
        writeln!(out, "`{}` is gone already.", account.label)?;
        return Ok(());
    };
    let Deletion { integration, rules, held, waiting } = deleted;
    writeln!(out, "Disconnected `{}`.", integration.label)?;
    if revoked {
        writeln!(out, "{} took the access back.", integration.app.label())?;
    }
    for rule in rules {
        writeln!(out, "Rule {} is switched off.", rule.id)?;
    }
    let ended: BoundedCount = [held, waiting].into_iter().sum();
    if ended.count > 0 {
        let more = if ended.more { " or more" } else { "" };
        writeln!(out, "Actions that waited, and end now: {}{more}.", ended.count)?;
    }
    Ok(())
}
