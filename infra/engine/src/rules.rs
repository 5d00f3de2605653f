//! `engine rules`: applies a rules file, exports, lists, enables, disables and deletes rules.

use std::io::{self, Write};
use std::path::PathBuf;

use domain::id::{MarketplaceId, RuleId};
use domain::lint::Finding;
use domain::manifest::Catalog;
use domain::rule::{Rule, Scope};
use operations::StoreError;
use operations::log::verdict;
use operations::rules::diff::Change;
use operations::rules::document::{Malformed, Source};
use operations::rules::{Expected, ImportError, Others, RuleError, SaveRuleError, Transfer};
use runtime::clock;
use serde_json::json;

use crate::input::{self, InputError};
use crate::integrations;
use crate::json;
use crate::reading::Format;
use crate::stack::{Stack, StackError};
use crate::table::{Table, printable};

/// Apply, export, list and delete If/Then rules
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Save the rules of a file; rules that the file does not have are unchanged
    Apply {
        /// YAML or JSON, as infra/demo/rules.yaml shows
        file: PathBuf,
        /// Print the changes and save nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Print all rules in the format of `apply`
    Export,
    /// List the rules
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Enable a rule
    Enable {
        /// The rule's id
        id: RuleId,
    },
    /// Disable a rule; its waiting actions end when they are due
    Disable {
        /// The rule's id
        id: RuleId,
    },
    /// Delete a rule
    Delete {
        /// The rule's id
        id: RuleId,
    },
}

/// The reason why a command on rules failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RulesError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The file cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The file is not a rules file.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Some rules of the file are not valid. None was saved.
    #[error(transparent)]
    Import(ImportError),
    /// The rules cannot be written as YAML.
    #[error("the rules cannot be written as YAML")]
    Yaml(#[from] serde_saphyr::ser::Error),
    /// A rule could not be saved; the rules before it were.
    #[error("rule {rule} is not saved; the rules before it are, so apply the file again")]
    Save {
        /// The rule.
        rule: RuleId,
        /// The cause.
        #[source]
        source: SaveRuleError,
    },
    /// A rule cannot be enabled. The findings follow, one per line.
    #[error("rule {rule} cannot be enabled{}", .findings.iter().fold(String::new(), |text, one| format!("{text}\n  {}: {}", one.field, one.message)))]
    Switch {
        /// The rule.
        rule: RuleId,
        /// The findings of the validation.
        findings: Vec<Finding>,
    },
    /// A rule could not be enabled or disabled.
    #[error("rule {rule} is not changed")]
    NotSwitched {
        /// The rule.
        rule: RuleId,
        /// The cause.
        #[source]
        source: RuleError,
    },
    /// A rule could not be deleted.
    #[error("rule {rule} is not deleted")]
    Delete {
        /// The rule.
        rule: RuleId,
        /// The cause.
        #[source]
        source: RuleError,
    },
    /// The rule does not exist.
    #[error("rule {rule} does not exist in {marketplace}; `engine rules list` lists the existing rules")]
    Unknown {
        /// The rule.
        rule: RuleId,
        /// The marketplace.
        marketplace: MarketplaceId,
    },
    /// DynamoDB did not respond.
    #[error("the rules cannot be read or written")]
    Store(#[from] StoreError),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Runs a command on rules.
pub(crate) async fn run(command: Command, stack: &Stack, out: &mut impl Write) -> Result<(), RulesError> {
    match command {
        Command::Apply { file, dry_run } => apply(file, dry_run, stack, out).await,
        Command::Export => export(stack, out).await,
        Command::List { format } => list(format, stack, out).await,
        Command::Enable { id } => switch(id, true, stack, out).await,
        Command::Disable { id } => switch(id, false, stack, out).await,
        Command::Delete { id } => delete(id, stack, out).await,
    }
}

/// The plan of a file, and its marketplace.
struct Plan {
    marketplace: MarketplaceId,
    source: Source,
    transfer: Transfer,
}

async fn plan(path: PathBuf, stack: &Stack) -> Result<Plan, RulesError> {
    let text = input::file(&path)?;
    let source = Source::new(path, text);
    let m = match (stack.asked_for(), source.parse()?.marketplace) {
        (Some(asked_for), _) => asked_for.clone(),
        (None, Some(of_file)) => of_file,
        (None, None) => stack.marketplace()?,
    };
    let transfer = stack.engine()?.rules().plan(&m, &source, Others::Stay, clock::now()).await;
    let transfer = transfer.map_err(|error| match error {
        ImportError::Malformed(malformed) => RulesError::Malformed(malformed),
        ImportError::Store(error) => RulesError::Store(error),
        invalid @ ImportError::Invalid(_) => RulesError::Import(invalid),
    })?;
    Ok(Plan { marketplace: m, source, transfer })
}

/// The validated rules of a file, and their marketplace.
pub(crate) async fn of_file(path: PathBuf, stack: &Stack) -> Result<(MarketplaceId, Vec<Rule>), RulesError> {
    let Plan { marketplace: m, transfer, .. } = plan(path, stack).await?;
    Ok((m, transfer.entries.into_iter().map(|entry| entry.rule).collect()))
}

async fn apply(path: PathBuf, dry_run: bool, stack: &Stack, out: &mut impl Write) -> Result<(), RulesError> {
    let Plan { marketplace: m, source, transfer: plan } = plan(path, stack).await?;
    let applied = if dry_run {
        None
    } else {
        Some(stack.engine()?.rules().apply(&m, &plan, clock::now(), || false).await?)
    };
    let done = applied.as_ref().map_or(plan.entries.len(), |applied| applied.entries);
    let (mut rows, mut counts) = (Vec::new(), [0_usize; 3]);
    for entry in &plan.entries[..done] {
        let place = match entry.change {
            Change::Added => 0,
            Change::Changed(_) => 1,
            Change::Unchanged => 2,
        };
        counts[place] += 1;
        rows.push([entry.change.to_string(), entry.rule.id.to_string(), summary(&entry.rule)]);
    }
    Table::bare().write(&rows, out)?;
    for warning in plan.warnings(&source)? {
        writeln!(out, "warning: {}: {}", warning.place, printable(&warning.message))?;
    }
    let named = plan.entries.iter().any(|entry| matches!(entry.rule.scope, Scope::Products { .. }));
    if named && stack.engine()?.products().is_empty(&m, clock::now()).await? {
        writeln!(out, "warning: {m} has no product catalogue, so product ids are not checked")?;
    }
    if let Some((rule, source)) = applied.and_then(|applied| applied.failed) {
        return Err(RulesError::Save { rule, source });
    }
    let [added, changed, unchanged] = counts;
    let would = if dry_run { " (not saved: --dry-run)" } else { "" };
    writeln!(out, "{m}: {added} added, {changed} changed, {unchanged} unchanged{would}")?;
    Ok(())
}

async fn export(stack: &Stack, out: &mut impl Write) -> Result<(), RulesError> {
    let m = stack.marketplace()?;
    let drafts = stack.engine()?.rules().export(&m, clock::now()).await?;
    write!(out, "{}", drafts.to_yaml()?)?;
    Ok(())
}

async fn switch(id: RuleId, on: bool, stack: &Stack, out: &mut impl Write) -> Result<(), RulesError> {
    let m = stack.marketplace()?;
    let saved = match stack.engine()?.rules().switch(&m, &id, on, Expected::Any, clock::now()).await {
        Ok(saved) => saved,
        Err(RuleError::Unknown) => return Err(RulesError::Unknown { rule: id, marketplace: m }),
        Err(RuleError::Invalid(findings)) => return Err(RulesError::Switch { rule: id, findings }),
        Err(source) => return Err(RulesError::NotSwitched { rule: id, source }),
    };
    for warning in &saved.warnings {
        writeln!(out, "warning: {}: {}", warning.field, printable(&warning.message))?;
    }
    writeln!(out, "Rule {id} is {}.", if on { "on" } else { "off" })?;
    Ok(())
}

async fn list(format: Format, stack: &Stack, out: &mut impl Write) -> Result<(), RulesError> {
    let (m, engine, now) = (stack.marketplace()?, stack.engine()?, clock::now());
    let rules = engine.rules().all(&m, now).await?;
    if format.json {
        return Ok(json::lines(rules.iter().map(|rule| json!(rule)), out)?);
    }
    if rules.is_empty() {
        writeln!(out, "{m} has no rules.")?;
        return Ok(());
    }
    let accounts = engine.integrations().all(&m, now).await?;
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
    let table = Table::new(["ID", "STATE", "PRODUCTS", "IF", "THEN", "INTEGRATION", "WITH"]);
    table.cutting(&["PRODUCTS", "IF", "THEN", "INTEGRATION", "WITH"]).write(&rows, out)?;
    Ok(())
}

async fn delete(id: RuleId, stack: &Stack, out: &mut impl Write) -> Result<(), RulesError> {
    let m = stack.marketplace()?;
    let waiting = stack.engine()?.rules().waiting(&m, &id, clock::now()).await?;
    match stack.engine()?.rules().delete(&m, &id, Expected::Any, clock::now()).await {
        Ok(()) => {}
        Err(RuleError::Unknown) => return Err(RulesError::Unknown { rule: id, marketplace: m }),
        Err(source) => return Err(RulesError::Delete { rule: id, source }),
    }
    writeln!(out, "Deleted {id} of {m}.")?;
    if let Some(waiting) = waiting.filter(|waiting| waiting.count > 0) {
        let least = if waiting.more { "at least " } else { "" };
        writeln!(out, "Waiting actions of the rule, which end when they are due: {least}{}.", waiting.count)?;
    }
    Ok(())
}

/// "Product Purchased → Mailchimp: Add To List".
pub(crate) fn summary(rule: &Rule) -> String {
    format!("{} → {}", rule.trigger.label(), action(rule))
}

/// The app and the action by their labels.
pub(crate) fn action(rule: &Rule) -> String {
    format!("{}: {}", rule.app.label(), action_label(rule.app, &rule.action))
}

/// The label of the action, or its key if the app no longer has the action.
pub(crate) fn action_label(app: domain::app::App, key: &str) -> &str {
    let manifest = Catalog::get().manifest(app);
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
