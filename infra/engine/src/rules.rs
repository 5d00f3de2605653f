//! `engine rules`: rules from a file, the rules that there are, and the end of one.

mod check;
mod diff;
mod file;
mod locate;

use std::io::{self, Write};
use std::path::PathBuf;

use aws::store::{SaveRuleError, StoreError};
use domain::id::{MarketplaceId, RuleId};
use domain::manifest::Catalog;
use domain::rule::{Rule, Scope};
use runtime::clock;

use self::check::Problems;
use self::diff::Change;
use self::file::FileError;
use crate::integrations;
use crate::stack::{Stack, StackError};
use crate::table::Table;
use crate::verdict;

/// Write, list and delete If/Then rules
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Save the rules of a file; rules that the file does not name stay as they are
    Apply {
        /// YAML or JSON, as infra/demo/rules.yaml shows
        file: PathBuf,
        /// Say what would change and save nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List the rules
    List,
    /// Delete a rule
    Delete {
        /// The rule's id
        id: RuleId,
    },
}

/// Rules that are not saved, listed or deleted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RulesError {
    /// No deployment, or nobody's data.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Some rules of the file cannot be. None was saved.
    #[error("nothing was saved: {problems}")]
    Invalid {
        /// What is wrong, and where.
        problems: Problems,
    },
    /// A rule was not saved; those before it were.
    #[error("rule {rule} is not saved; the rules before it are, so apply the file again")]
    Save {
        /// The rule.
        rule: RuleId,
        /// Why.
        #[source]
        source: SaveRuleError,
    },
    /// There is no such rule.
    #[error("rule {rule} does not exist in {marketplace}; `engine rules list` has those that do")]
    Unknown {
        /// The rule.
        rule: RuleId,
        /// Where.
        marketplace: MarketplaceId,
    },
    /// The table did not answer.
    #[error("the rules cannot be read or written")]
    Store(#[from] StoreError),
    /// The terminal is gone.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Does what was asked.
pub(crate) async fn run(command: Command, stack: &Stack, out: &mut impl Write) -> Result<(), RulesError> {
    match command {
        Command::Apply { file, dry_run } => apply(file, dry_run, stack, out).await,
        Command::List => list(stack, out).await,
        Command::Delete { id } => delete(id, stack, out).await,
    }
}

/// The rules of a file, each checked, and whose they are.
pub(crate) async fn of_file(path: PathBuf, stack: &Stack) -> Result<(MarketplaceId, Vec<Rule>), RulesError> {
    let source = file::open(path)?;
    let drafts = source.parse()?;
    let m = match (stack.asked_for(), &drafts.marketplace) {
        (Some(asked_for), _) => asked_for.clone(),
        (None, Some(of_file)) => of_file.clone(),
        (None, None) => stack.marketplace()?,
    };
    let accounts = stack.store().integrations(&m, clock::now()).await?;
    let rules = check::check(&drafts, &m, &accounts, Catalog::built_in())
        .map_err(|found| RulesError::Invalid { problems: Problems::locate(&source, found) })?;
    Ok((m, rules))
}

async fn apply(path: PathBuf, dry_run: bool, stack: &Stack, out: &mut impl Write) -> Result<(), RulesError> {
    let (m, rules) = of_file(path, stack).await?;
    let (store, now) = (stack.store(), clock::now());
    let before = store.rules(&m, now).await?;
    let mut rows = Vec::new();
    let mut counts = [0_usize; 3];
    let mut failed = None;
    for rule in &rules {
        let change = diff::change(before.iter().find(|before| before.id == rule.id), rule);
        if change != Change::Unchanged
            && !dry_run
            && let Err(source) = store.save_rule(rule, now).await
        {
            failed = Some(RulesError::Save { rule: rule.id.clone(), source });
            break;
        }
        counts[change.index()] += 1;
        rows.push([change.to_string(), rule.id.to_string(), summary(rule)]);
    }
    Table::bare().write(&rows, out)?;
    if let Some(failed) = failed {
        return Err(failed);
    }
    let [added, changed, unchanged] = counts;
    let would = if dry_run { " (not saved: --dry-run)" } else { "" };
    writeln!(out, "{m}: {added} added, {changed} changed, {unchanged} unchanged{would}")?;
    Ok(())
}

async fn list(stack: &Stack, out: &mut impl Write) -> Result<(), RulesError> {
    let (m, store, now) = (stack.marketplace()?, stack.store(), clock::now());
    let rules = store.rules(&m, now).await?;
    if rules.is_empty() {
        writeln!(out, "{m} has no rules.")?;
        return Ok(());
    }
    let accounts = store.integrations(&m, now).await?;
    let row = |rule: &Rule| {
        let account = integrations::find(&accounts, rule.integration.as_str());
        [
            rule.id.to_string(),
            if rule.enabled { "on" } else { "off" }.to_owned(),
            scope(rule),
            rule.trigger.label().to_owned(),
            action(rule),
            account.map_or_else(|| format!("{} (deleted)", rule.integration), |found| found.label.clone()),
            details(rule),
        ]
    };
    let rows: Vec<_> = rules.iter().map(row).collect();
    Table::new(["ID", "", "PRODUCTS", "IF", "THEN", "INTEGRATION", "WITH"]).write(&rows, out)?;
    Ok(())
}

async fn delete(id: RuleId, stack: &Stack, out: &mut impl Write) -> Result<(), RulesError> {
    let m = stack.marketplace()?;
    if !stack.store().delete_rule(&m, &id, clock::now()).await? {
        return Err(RulesError::Unknown { rule: id, marketplace: m });
    }
    writeln!(out, "Deleted {id} of {m}.")?;
    Ok(())
}

/// "Product Purchased → Mailchimp: Add To List".
pub(crate) fn summary(rule: &Rule) -> String {
    format!("{} → {}", rule.trigger.label(), action(rule))
}

/// The app and the action as a merchant knows them.
pub(crate) fn action(rule: &Rule) -> String {
    format!("{}: {}", rule.app.label(), action_label(rule.app, &rule.action))
}

/// The action as a merchant knows it; its key where the app has none of that name any more.
pub(crate) fn action_label(app: domain::app::App, key: &str) -> &str {
    let manifest = Catalog::built_in().manifest(app);
    manifest.and_then(|manifest| manifest.action(key)).map_or(key, |action| &action.label)
}

fn scope(rule: &Rule) -> String {
    match &rule.scope {
        Scope::Global => "all".to_owned(),
        Scope::Products { products } => {
            products.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
    }
}

fn details(rule: &Rule) -> String {
    let settings = rule.settings.0.iter().map(|(key, value)| format!("{key}: {}", verdict::value(value)));
    let conditions = rule.conditions.iter().map(|condition| format!("if {}", verdict::condition(condition)));
    let gift = rule.use_gift_recipient.then(|| "for the gift recipient".to_owned());
    settings.chain(conditions).chain(gift).collect::<Vec<_>>().join("; ")
}
