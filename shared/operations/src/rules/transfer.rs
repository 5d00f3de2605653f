//! Export of a marketplace's rules as a document, and import in two steps: the plan of the changes, and its
//! application.

use std::collections::{BTreeSet, HashMap};

use aws::store::{Expected, SaveRuleError, StoreError, StoredRule};
use domain::id::{MarketplaceId, RuleId};
use domain::integration::Integration;
use domain::lint::{Finding, RuleIndex, Severity};
use domain::log::{ConfigEntry, ConfigKind};
use domain::manifest::Catalog;
use domain::options;
use domain::rule::{Rule, Scope};
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::check;
use super::diff::{self, Change};
use super::document::{Draft, DraftCondition, Drafts, Malformed, Source};
use super::problem::{Located, Problem, Problems};
use super::quota::{self, Full};
use super::{MOST_LOOKED_UP, Rules, Snapshot, snapshot};
use crate::integrations::named;

/// The number of rules that are written at the same time.
const AT_ONCE: usize = 10;
/// The maximum number of warnings per rule, so that the warnings of many rules fit in a response.
const MOST_WARNINGS: usize = 5;

/// The treatment of stored rules that a document does not contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They are kept: the document changes only its own rules.
    Stay,
    /// They are deleted: the document replaces all rules.
    Go,
}

/// The plan of an import.
#[derive(Debug, Clone, PartialEq)]
pub struct Transfer {
    /// Identifies the plan. It differs if another request has saved a rule, or if the document has changed.
    pub digest: String,
    /// The document's rules, in their order.
    pub entries: Vec<Entry>,
    /// The rules that would be deleted.
    pub removed: Vec<StoredRule>,
}

/// A rule of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The rule as it would be saved.
    pub rule: Rule,
    /// The changes that saving it makes.
    pub change: Change,
    /// The version that the rule would replace.
    pub replaces: Option<String>,
    /// Warnings about the rule. Only the first few are returned.
    pub warnings: Vec<Finding>,
}

/// The reason why a document is not imported. Nothing was saved.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The text is not a rules document.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Some rules are not valid.
    #[error("nothing was saved: {0}")]
    Invalid(Problems),
    /// DynamoDB did not respond.
    #[error("the rules cannot be read or written")]
    Store(#[from] StoreError),
}

/// The progress of an import.
#[derive(Debug)]
pub struct Applied {
    /// The number of entries that were applied, from the first. If one failed, later ones may be applied too.
    pub entries: usize,
    /// The number of rules that were deleted.
    pub removed: usize,
    /// Whether the time limit was reached before the end.
    pub unfinished: bool,
    /// The rule that failed, and the error. Earlier changes are kept: apply the document again.
    pub failed: Option<(RuleId, SaveRuleError)>,
}

impl Transfer {
    fn entry(&self, now: Timestamp) -> ConfigEntry {
        let count = |is: fn(&Change) -> bool| self.entries.iter().filter(|entry| is(&entry.change)).count();
        let (added, changed) =
            (count(|change| *change == Change::Added), count(|change| matches!(change, Change::Changed(_))));
        let removed = self.removed.len();
        let message =
            format!("Import of {added} new, {changed} changed and {removed} removed rules started.");
        ConfigEntry::new(ConfigKind::Import, &self.digest, "Import Rules", message, now)
            .change(None, Some(json!({ "added": added, "changed": changed, "removed": removed })))
    }

    /// The warnings about the document's rules, each with its line.
    pub fn warnings(&self, source: &Source) -> Result<Vec<Located>, Malformed> {
        let drafts = source.parse()?;
        let rules = self.entries.iter().zip(&drafts.rules).enumerate();
        let found = rules.flat_map(|(index, (entry, draft))| {
            entry.warnings.iter().map(move |warning| Problem::of_finding(index, draft, warning))
        });
        Ok(source.locate(found.collect()).0)
    }
}

impl Rules<'_> {
    /// Exports all rules of a marketplace as a document. Accounts are identified by their labels, so that it can be
    /// imported elsewhere.
    pub async fn export(&self, m: &MarketplaceId, now: Timestamp) -> Result<Drafts, StoreError> {
        let accounts = self.0.store.integrations(m, now).await?;
        let rules = self.0.store.rules(m, now).await?;
        Ok(Drafts { marketplace: Some(m.clone()), ..Drafts::of(&rules, &accounts) })
    }

    /// Plans the import of a document. Nothing is saved.
    pub async fn plan(
        &self,
        m: &MarketplaceId,
        source: &Source,
        others: Others,
        now: Timestamp,
    ) -> Result<Transfer, ImportError> {
        let drafts = source.parse()?;
        let mut snapshot = self.snapshot(m, now).await?;
        let rules = snapshot.check(source, &drafts, now)?;
        self.look_up(&mut snapshot, rules.iter().map(snapshot::named), MOST_LOOKED_UP, now).await?;
        snapshot.plan(source, &drafts, rules, others)
    }

    /// Applies a plan, unless another request changes one of the rules at the same time. Stops when `is_late` returns
    /// true; the document's next plan has the remaining changes. Before the first change, it writes an entry of the
    /// Configuration Log about the import, in addition to the entries about the rules.
    pub async fn apply(
        &self,
        m: &MarketplaceId,
        plan: &Transfer,
        now: Timestamp,
        is_late: impl Fn() -> bool,
    ) -> Result<Applied, StoreError> {
        self.0.store.log_config(m, &plan.entry(now)).await?;
        Ok(self.apply_rules(m, plan, now, is_late).await)
    }

    async fn apply_rules(
        &self,
        m: &MarketplaceId,
        plan: &Transfer,
        now: Timestamp,
        is_late: impl Fn() -> bool,
    ) -> Applied {
        let save = async |Entry { rule, change, replaces, .. }: &Entry| match change {
            Change::Unchanged => Ok(()),
            Change::Added | Change::Changed(_) => {
                let expected = replaces.as_deref().map_or(Expected::Absent, Expected::Version);
                self.0.store.save_rule_if(rule, expected, now).await.map(drop)
            }
        };
        let delete = async |StoredRule { rule, etag }: &StoredRule| {
            self.0.store.delete_rule_if(m, &rule.id, Expected::Version(etag), now).await.map(drop)
        };
        let mut applied = Applied { entries: 0, removed: 0, unfinished: false, failed: None };
        for some in plan.entries.chunks(AT_ONCE) {
            if is_late() {
                return Applied { unfinished: true, ..applied };
            }
            let saved = join_all(some.iter().map(save)).await;
            for (entry, saved) in some.iter().zip(saved) {
                if let Err(error) = saved {
                    applied.failed = Some((entry.rule.id.clone(), error));
                    return applied;
                }
                applied.entries += 1;
            }
        }
        for some in plan.removed.chunks(AT_ONCE) {
            if is_late() {
                return Applied { unfinished: true, ..applied };
            }
            let deleted = join_all(some.iter().map(delete)).await;
            for (stored, deleted) in some.iter().zip(deleted) {
                if let Err(error) = deleted {
                    applied.failed = Some((stored.rule.id.clone(), error));
                    return applied;
                }
                applied.removed += 1;
            }
        }
        applied
    }
}

impl Snapshot {
    /// Converts a document to rules that are created now.
    pub fn check(&self, source: &Source, drafts: &Drafts, now: Timestamp) -> Result<Vec<Rule>, ImportError> {
        let m = &self.marketplace;
        if let Some(other) = drafts.marketplace.as_ref().filter(|other| *other != m) {
            let message = format!(
                "the document is for marketplace {other}, and this is {m}: check which one you mean, and change or \
                 remove the line"
            );
            let problem = Problem { path: vec!["marketplace".into()], message };
            return Err(ImportError::Invalid(source.locate(vec![problem])));
        }
        quota::count(self.before.len(), drafts.rules.len()).map_err(|full| refused(source, full))?;
        check::check(drafts, m, &self.accounts, Catalog::get(), now)
            .map_err(|found| ImportError::Invalid(source.locate(found)))
    }

    /// Judges these rules: each as it would be saved, with its changes and warnings.
    pub fn plan(
        &self,
        source: &Source,
        drafts: &Drafts,
        mut rules: Vec<Rule>,
        others: Others,
    ) -> Result<Transfer, ImportError> {
        let before: HashMap<_, _> = self.before.iter().map(|stored| (&stored.rule.id, stored)).collect();
        for (rule, draft) in rules.iter_mut().zip(&drafts.rules) {
            let same = before.get(&rule.id).map(|stored| &stored.rule);
            rule.take_place_of(same, rule.created_at);
            self.settle(rule, same, &draft.typed);
        }
        let named: BTreeSet<_> = rules.iter().map(|rule| rule.id.clone()).collect();
        let (removed, stay): (Vec<_>, Vec<_>) = self
            .before
            .iter()
            .filter(|stored| !named.contains(&stored.rule.id))
            .partition(|_| others == Others::Go);
        let after: Vec<Rule> = rules.iter().chain(stay.iter().map(|stored| &stored.rule)).cloned().collect();
        quota::room(&self.rules(), &after, &self.accounts).map_err(|full| refused(source, full))?;
        let index = RuleIndex::new(Catalog::get(), &after);
        let (mut problems, mut entries) = (Vec::new(), Vec::new());
        let mut digest = Sha256::new();
        digest.update(&source.text);
        for stored in &self.before {
            digest.update(format!("\n{} {}", stored.rule.id, stored.etag));
        }
        for (number, (rule, draft)) in rules.into_iter().zip(&drafts.rules).enumerate() {
            let (wrong, mut warnings): (Vec<_>, Vec<_>) =
                self.lint(&rule, &index).into_iter().partition(|found| found.severity == Severity::Error);
            problems.extend(wrong.iter().map(|wrong| Problem::of_finding(number, draft, wrong)));
            let stored = before.get(&rule.id);
            warnings.extend(stored.and_then(|stored| self.is_repaired(&rule, &stored.rule)));
            warnings.truncate(MOST_WARNINGS);
            // When the document is applied, a label can refer to another account than now.
            digest.update(format!("\n{} {}", rule.id, rule.etag()));
            let change = diff::change(stored.map(|stored| &stored.rule), &rule);
            entries.push(Entry {
                change,
                replaces: stored.map(|stored| stored.etag.clone()),
                rule,
                warnings,
            });
        }
        if !problems.is_empty() {
            return Err(ImportError::Invalid(source.locate(problems)));
        }
        let digest: Vec<_> = digest.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        Ok(Transfer { digest: digest.concat(), entries, removed: removed.into_iter().cloned().collect() })
    }
}

/// The error of a document that would exceed the marketplace's limits.
fn refused(source: &Source, full: Full) -> ImportError {
    let (field, place, message) = ("/rules".to_owned(), source.place(None), full.to_string());
    ImportError::Invalid(Problems(vec![Located { field, place, message }]))
}

impl Drafts {
    /// Converts rules to a document.
    pub(super) fn of(rules: &[Rule], accounts: &[Integration]) -> Self {
        Self { marketplace: None, rules: rules.iter().map(|rule| draft(rule, accounts)).collect() }
    }

    /// The document in YAML.
    pub fn to_yaml(&self) -> Result<String, serde_saphyr::ser::Error> {
        serde_saphyr::to_string(self)
    }
}

/// Converts a rule to a draft.
fn draft(rule: &Rule, all: &[Integration]) -> Draft {
    let account = all.iter().find(|account| account.id == rule.integration);
    // A label that is equal to another account's id would refer to that account.
    let label = account.map(|account| &account.label);
    let label =
        label.filter(|label| named::find(all, label).map(|found| &found.id) == Some(&rule.integration));
    let (global, products) = match &rule.scope {
        Scope::Global => (true, None),
        Scope::Products { products } => (false, Some(products.clone())),
    };
    let manifest = Catalog::get().manifest(rule.app);
    let action = manifest.and_then(|manifest| manifest.action(&rule.action));
    let typed = action.map(|action| options::typed_values(action, &rule.settings, &rule.labels));
    let typed: BTreeSet<_> = typed.into_iter().flatten().map(|(_, value)| value.to_owned()).collect();
    let conditions = rule.conditions.iter().map(|condition| DraftCondition {
        field: condition.field.to_string(),
        operator: condition.operator,
        value: condition.value.clone(),
    });
    Draft {
        id: Some(rule.id.clone()),
        name: rule.name.clone(),
        global,
        products,
        trigger: rule.trigger.to_string(),
        app: Some(rule.app.to_string()),
        integration: label.cloned().unwrap_or_else(|| rule.integration.to_string()),
        action: rule.action.clone(),
        settings: rule.settings.clone(),
        typed: typed.into_iter().collect(),
        conditions: conditions.collect(),
        use_gift_recipient: rule.use_gift_recipient,
        enabled: rule.enabled,
    }
}

#[cfg(test)]
mod tests;
