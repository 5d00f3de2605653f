//! `engine refresh`, `options` and `disconnect`: the options of a connected account, and its deletion.

use std::io::{self, Write};

use domain::connector_rpc;
use domain::options::{OptionItem, Pulled};
use operations::integrations::{self, Deletion, Gone, Pulls, SaveError};
use operations::{BoundedCount, StoreError};
use runtime::clock;
use serde_json::json;

use crate::integrations::{IntegrationsError, named};
use crate::json;
use crate::reading::Format;
use crate::rules::summary;
use crate::stack::{Stack, StackError};
use crate::table::{Table, printable, when};
use crate::terminal::{ConfirmError, Progress, confirm};

/// Test a connected account and refresh its options
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The account's id or label
    #[arg(value_name = "ID|LABEL")]
    integration: String,
}

/// Show the options of a connected account, as of its last refresh
#[derive(Debug, clap::Args)]
pub(crate) struct OptionsArgs {
    /// The account's id or label
    #[arg(value_name = "ID|LABEL")]
    integration: String,
    /// Only options with this text in their name or value
    #[arg(long, value_name = "TEXT", default_value = "")]
    search: String,
    #[command(flatten)]
    format: Format,
}

/// Disconnect an account: its rules are disabled, and its waiting actions end
#[derive(Debug, clap::Args)]
pub(crate) struct DisconnectArgs {
    /// The account's id or label
    #[arg(value_name = "ID|LABEL")]
    integration: String,
    /// Skip the confirmation
    #[arg(long)]
    yes: bool,
}

/// The reason why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The account does not exist.
    #[error(transparent)]
    Integration(#[from] IntegrationsError),
    /// The refresh failed.
    #[error(transparent)]
    Refresh(#[from] integrations::RefreshError),
    /// The deletion was not confirmed.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// The account cannot be deleted.
    #[error("the integration is not deleted")]
    Delete(#[from] SaveError),
    /// DynamoDB did not respond.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Refreshes an account.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), RefreshError> {
    let (m, engine, now) = (stack.marketplace()?, stack.engine()?, clock::now());
    let id = named(&engine, &m, &args.integration, now).await?.id;
    let progress = Progress::start("Reading the app's options");
    let pulls = engine.integrations().refresh(&m, &id, now).await?;
    drop(progress);
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

/// Shows the options.
pub(crate) async fn options(
    args: OptionsArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), RefreshError> {
    let (m, engine, now) = (stack.marketplace()?, stack.engine()?, clock::now());
    let account = named(&engine, &m, &args.integration, now).await?;
    let lists = engine.integrations().lists(&account, now).await?;
    let wanted = args.search.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let found = |item: &&OptionItem| holds(&item.label) || holds(&item.value);
    if args.format.json {
        let option = |list: &Pulled, item: &OptionItem| json!({ "list": list.list, "value": item.value, "label": item.label, "parent": item.parent, "at": list.at });
        let all =
            lists.iter().flat_map(|list| list.items.iter().filter(found).map(move |item| option(list, item)));
        return Ok(json::lines(all, out)?);
    }
    if lists.is_empty() {
        writeln!(out, "No options of `{}` are stored yet; run `engine refresh`.", account.label)?;
        return Ok(());
    }
    let mut table = Table::new(["LIST", "VALUE", "NAME", "OF", "PULLED"]).cutting(&["NAME"]);
    for list in lists {
        let rows = list.items.iter().filter(found).map(|item| {
            let parent = item.parent.clone().unwrap_or_default();
            [list.list.clone(), item.value.clone(), item.label.clone(), parent, when(list.at)]
        });
        table.write(&rows.collect::<Vec<_>>(), out)?;
    }
    Ok(())
}

/// Disconnects an account.
pub(crate) async fn disconnect(
    args: DisconnectArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), RefreshError> {
    let (m, engine, now) = (stack.marketplace()?, stack.engine()?, clock::now());
    let account = named(&engine, &m, &args.integration, now).await?;
    let integrations = engine.integrations();
    if let (false, Some(deletion)) = (args.yes, integrations.deletion(&m, &account.id, now).await?) {
        preview(&deletion, out)?;
        out.flush()?;
    }
    confirm(&format!("Disconnect `{}`?", account.label), args.yes)?;
    let Some(Gone { deleted, revoked }) =
        integrations.disconnect(&m, &account.id, None, clock::now()).await?
    else {
        writeln!(out, "`{}` is already disconnected.", account.label)?;
        return Ok(());
    };
    let Deletion { integration, rules, held, waiting } = deleted;
    writeln!(out, "Disconnected `{}`.", integration.label)?;
    if revoked {
        writeln!(out, "{} revoked the access.", integration.app.label())?;
    }
    for rule in rules {
        writeln!(out, "Rule {} is disabled.", rule.id)?;
    }
    let ended: BoundedCount = [held, waiting].into_iter().sum();
    if ended.count > 0 {
        writeln!(out, "Waiting actions that end now: {}.", counted(ended))?;
    }
    Ok(())
}

/// Previews the deletion of an account.
fn preview(deletion: &Deletion, out: &mut impl Write) -> io::Result<()> {
    let Deletion { integration, rules, held, waiting } = deletion;
    writeln!(out, "Disconnecting {} `{}` ends:", integration.app.label(), integration.label)?;
    for rule in rules {
        writeln!(out, "  rule {}, which is disabled: {}", rule.id, printable(&summary(rule)))?;
    }
    writeln!(
        out,
        "  {} actions that are held, {} that wait for their next attempt",
        counted(*held),
        counted(*waiting)
    )
}

fn counted(count: BoundedCount) -> String {
    format!("{}{}", count.count, if count.more { " or more" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_disconnecting_would_end_is_shown_first() {
        let integration = json!({
            "id": "int_1", "marketplace": "demo", "app": "mailchimp", "label": "Main", "method": "api_key",
            "credentials": "x", "connection": { "state": "connected" },
            "created_at": "2026-05-04T10:00:00Z", "updated_at": "2026-05-04T10:00:00Z",
        });
        let rule = json!({
            "id": "rul_1", "marketplace": "demo", "scope": { "kind": "global" }, "trigger": "product_purchased",
            "integration": "int_1", "app": "mailchimp", "action": "add_to_list", "settings": {}, "enabled": true,
        });
        let deletion = Deletion {
            integration: serde_json::from_value(integration).unwrap(),
            rules: vec![serde_json::from_value(rule).unwrap()],
            held: BoundedCount { count: 2, more: false },
            waiting: BoundedCount { count: 1000, more: true },
        };
        let mut out = Vec::new();
        preview(&deletion, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "Disconnecting Mailchimp `Main` ends:\n  rule rul_1, which is disabled: Product Purchased → Mailchimp: \
             Add To List\n  2 actions that are held, 1000 or more that wait for their next attempt\n"
        );
    }
}
