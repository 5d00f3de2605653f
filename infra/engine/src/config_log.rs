//! `engine config-log`: the Configuration Log of a marketplace or of one account.

use std::io::{self, Write};

use domain::id::SessionId;
use domain::log::{ConfigEntry, ConfigKind};
use domain::page::Wanted;
use operations::log::ConfigFilter;
use operations::{ListError, StoreError};
use runtime::clock;
use serde_json::json;

use crate::integrations::{self, IntegrationsError};
use crate::json;
use crate::pages;
use crate::reading::Reading;
use crate::since::Backwards;
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};

/// Show the Configuration Log of a marketplace, or of one account
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The account's id or label [default: all entries of the marketplace]
    #[arg(value_name = "ID|LABEL")]
    integration: Option<String>,
    /// Only changes of this kind of object: integration, rule, app, import, erasure, replay, action
    #[arg(long)]
    kind: Option<ConfigKind>,
    /// Only changes of the object with this id
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Only changes by this actor: an actor's id, `operator` or `engine`
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    #[command(flatten)]
    reading: Reading<50>,
}

/// The reason why the log cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigLogError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The time range is empty.
    #[error(transparent)]
    Time(#[from] Backwards),
    /// The account does not exist.
    #[error(transparent)]
    Integration(#[from] IntegrationsError),
    /// The held actions cannot be counted.
    #[error("the held actions cannot be counted")]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// Standard output is closed.
    #[error("the log cannot be written")]
    Output(#[from] io::Error),
}

/// Shows the log, newest first.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), ConfigLogError> {
    let (m, engine, now) = (stack.marketplace()?, stack.engine()?, clock::now());
    let (from, to) = args.reading.span(now)?;
    let account = match &args.integration {
        Some(reference) => Some(integrations::named(&engine, &m, reference, now).await?),
        None => None,
    };
    let integration = account.as_ref().map(|account| account.id.clone());
    let (kind, id, actor) = (args.kind, args.id, args.actor);
    let filter = ConfigFilter { kind, id, actor, integration, from, to, ..ConfigFilter::default() };
    let log = engine.log();
    let page = async |wanted: Wanted<'_>| log.configuration(Some(&m), &filter, wanted, now).await;
    let entries = pages::first("the Configuration Log", args.reading.most(), usize::MAX, page).await?;
    if args.reading.json() {
        return Ok(json::lines(entries.iter().map(|entry| json!(entry)), out)?);
    }
    if entries.is_empty() {
        writeln!(out, "No entry matches.")?;
        return Ok(());
    }
    let rows: Vec<_> = entries.iter().map(row).collect();
    let table = Table::new(["TIME", "ACTOR", "APP", "ACTION", "RESULT", "MESSAGE", "ID"]);
    table.cutting(&["ACTOR", "MESSAGE"]).write(&rows, out)?;
    let held = match &account {
        Some(account) => engine.integrations().held(&m, &account.id).await?,
        None => 0,
    };
    if held > 0 {
        writeln!(out, "\nActions held until the account is reconnected: {held}.")?;
    }
    Ok(())
}

fn row(entry: &ConfigEntry) -> [String; 7] {
    let author = &entry.author;
    let actor = author.name().or(author.id()).or(author.session().map(SessionId::as_str));
    [
        when(entry.at),
        actor.unwrap_or_default().to_owned(),
        entry.app.map(|app| app.to_string()).unwrap_or_default(),
        entry.action.clone(),
        if entry.ok { "ok" } else { "failed" }.to_owned(),
        entry.message.clone(),
        entry.id.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_actor_the_change_and_the_id_of_the_object() {
        let row = |author: serde_json::Value| {
            let entry = json!({ "at": "2026-05-04T10:00:00Z", "kind": "rule", "id": "rul_1", "integration": "int_1",
                "app": "kit", "action": "Edit Rule", "ok": true, "message": "Rule changed: name.", "author": author });
            row(&serde_json::from_value(entry).unwrap()).join("|")
        };
        let session =
            |actor: serde_json::Value| json!({ "by": "session", "session": "ses_1", "actor": actor });
        for (author, shown) in [
            (json!({ "by": "operator" }), "operator"),
            (session(json!({ "id": "usr_7", "name": "Ada" })), "Ada"),
            (session(json!({ "id": "usr_7" })), "usr_7"),
            (session(json!(null)), "ses_1"),
        ] {
            let rest = "kit|Edit Rule|ok|Rule changed: name.|rul_1";
            assert_eq!(row(author), format!("2026-05-04 10:00:00Z|{shown}|{rest}"));
        }
    }
}
