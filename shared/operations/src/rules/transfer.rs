//! A marketplace's rules as a document, and back: first what would change, then the change.

use std::collections::{BTreeMap, BTreeSet};

use aws::store::{Expected, SaveRuleError, StoreError, StoredRule};
use domain::fact::Product;
use domain::id::{IntegrationId, MarketplaceId, RuleId};
use domain::integration::Integration;
use domain::lint::{self, Finding, Severity, Surroundings};
use domain::manifest::Catalog;
use domain::options::{self, Pulled};
use domain::rule::{Rule, Scope};
use futures::future::join_all;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::check::{self, Located, Problem, Problems};
use super::diff::{self, Change};
use super::document::{Draft, DraftCondition, Drafts, Malformed, Source};
use super::quota::{self, Full};
use super::{Rules, settle};
use crate::integrations::named;

/// As many rules are written at once.
const AT_ONCE: usize = 10;
/// As many of a document's products are looked up; of more, nothing is said.
const MOST_LOOKED_UP: usize = 200;

/// As many warnings are told of each rule: all of them, of many rules, would be more than an answer can hold.
const MOST_WARNINGS: usize = 5;

/// What becomes of rules that a document does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They stay: the document says something about its own rules only.
    Stay,
    /// They are deleted: the document is all there is.
    Go,
}

/// What a document would change.
#[derive(Debug, Clone, PartialEq)]
pub struct Transfer {
    /// Tells this from what would change once somebody else has saved a rule, or the document has changed.
    pub digest: String,
    /// Its rules, in its order.
    pub entries: Vec<Entry>,
    /// Rules that would be deleted.
    pub removed: Vec<StoredRule>,
}

/// One rule of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The rule as it would be saved.
    pub rule: Rule,
    /// What that changes.
    pub change: Change,
    /// The version that it would replace.
    pub replaces: Option<String>,
    /// What is questionable about it, the first few.
    pub warnings: Vec<Finding>,
}

/// A document of which nothing was saved.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is no rules document.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Some of its rules cannot be.
    #[error("nothing was saved: {0}")]
    Invalid(Problems),
    /// The table did not answer.
    #[error("the rules cannot be read or written")]
    Store(#[from] StoreError),
}

/// How far a change has got.
#[derive(Debug)]
pub struct Applied {
    /// So many entries are done, from the first; some behind the one that failed may be, too.
    pub entries: usize,
    /// So many rules are deleted.
    pub removed: usize,
    /// Where it ended, and why. What was done before stays done: apply the document again.
    pub failed: Option<(RuleId, SaveRuleError)>,
}

impl Rules {
    /// All rules of a marketplace as a document. Accounts go by their labels, so that it can be read elsewhere.
    pub async fn export(&self, m: &MarketplaceId, now: Timestamp) -> Result<Drafts, StoreError> {
        let accounts = self.store.integrations(m, now).await?;
        let rules = self.store.rules(m, now).await?;
        Ok(Drafts { marketplace: Some(m.clone()), ..Drafts::of(&rules, &accounts) })
    }

    /// What a document would change in a marketplace. Nothing is saved.
    pub async fn plan(
        &self,
        m: &MarketplaceId,
        source: &Source,
        others: Others,
        now: Timestamp,
    ) -> Result<Transfer, ImportError> {
        let before = self.store.stored_rules(m, now).await?;
        let (rules, warnings) = self.of_document(m, source, others, &before, now).await?;
        let find = |id: &RuleId| before.iter().find(|stored| stored.rule.id == *id);
        let mut digest = Sha256::new();
        digest.update(&source.text);
        for stored in &before {
            digest.update(format!("\n{} {}", stored.rule.id, stored.etag));
        }
        // A label can lead to another account by the time that the document is applied.
        for rule in &rules {
            digest.update(format!("\n{} {}", rule.id, rule.etag()));
        }
        let removed = before.iter().filter(|stored| rules.iter().all(|rule| rule.id != stored.rule.id));
        let removed = removed.filter(|_| others == Others::Go).cloned().collect();
        let entries = rules.into_iter().zip(warnings).map(|(rule, warnings)| {
            let stored = find(&rule.id);
            let change = diff::change(stored.map(|stored| &stored.rule), &rule);
            Entry { change, replaces: stored.map(|stored| stored.etag.clone()), rule, warnings }
        });
        let digest: Vec<_> = digest.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        Ok(Transfer { digest: digest.concat(), entries: entries.collect(), removed })
    }

    /// Does what was planned, as far as nobody else changes the same rules meanwhile.
    pub async fn apply(&self, m: &MarketplaceId, plan: &Transfer, now: Timestamp) -> Applied {
        let save = async |Entry { rule, change, replaces, .. }: &Entry| match change {
            Change::Unchanged => Ok(()),
            Change::Added | Change::Changed(_) => {
                let expected = replaces.as_deref().map_or(Expected::Absent, Expected::Version);
                self.store.save_rule_if(rule, expected, now).await.map(drop)
            }
        };
        let delete = async |StoredRule { rule, etag }: &StoredRule| {
            self.store.delete_rule_if(m, &rule.id, Expected::Version(etag), now).await.map(drop)
        };
        let mut applied = Applied { entries: 0, removed: 0, failed: None };
        for some in plan.entries.chunks(AT_ONCE) {
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

    /// The rules of a document, each as it would be saved, and what is questionable about each.
    async fn of_document(
        &self,
        m: &MarketplaceId,
        source: &Source,
        others: Others,
        before: &[StoredRule],
        now: Timestamp,
    ) -> Result<(Vec<Rule>, Vec<Vec<Finding>>), ImportError> {
        let drafts = source.parse()?;
        let full = |full: Full| {
            let (field, place, message) = ("/rules".to_owned(), source.place(None), full.to_string());
            ImportError::Invalid(Problems(vec![Located { field, place, message }]))
        };
        quota::count(before.len(), drafts.rules.len()).map_err(full)?;
        let accounts = self.store.integrations(m, now).await?;
        let catalog = Catalog::built_in();
        let mut rules = check::check(&drafts, m, &accounts, catalog, now)
            .map_err(|found| ImportError::Invalid(Problems::locate(source, found)))?;
        let mut lists: BTreeMap<IntegrationId, Vec<Pulled>> = BTreeMap::new();
        for (rule, draft) in rules.iter_mut().zip(&drafts.rules) {
            if !lists.contains_key(&rule.integration) {
                let account = accounts.iter().find(|account| account.id == rule.integration);
                lists.insert(rule.integration.clone(), self.lists(account, now).await?);
            }
            let same = before.iter().map(|stored| &stored.rule).find(|before| before.id == rule.id);
            rule.take_place_of(same, now);
            settle(rule, &lists[&rule.integration], same, &draft.typed);
        }
        let stays = |rule: &&Rule| others == Others::Stay && rules.iter().all(|one| one.id != rule.id);
        let beside = before.iter().map(|stored| &stored.rule).filter(stays);
        let beside: Vec<Rule> = rules.iter().chain(beside).cloned().collect();
        let all_before: Vec<Rule> = before.iter().map(|stored| stored.rule.clone()).collect();
        quota::room(&all_before, &beside, &accounts).map_err(full)?;
        let known = self.known(m, &rules, now).await?;
        let mut problems = Vec::new();
        let mut warnings = Vec::new();
        for (index, (rule, draft)) in rules.iter().zip(&drafts.rules).enumerate() {
            let found = lint::lint(
                rule,
                &Surroundings {
                    catalog,
                    integration: accounts.iter().find(|account| account.id == rule.integration),
                    lists: &lists[&rule.integration],
                    others: &beside,
                    products: known.as_deref(),
                },
            );
            let (wrong, questionable): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|found| found.severity == Severity::Error);
            problems.extend(wrong.iter().map(|wrong| Problem::of_finding(index, draft, wrong)));
            warnings.push(questionable.into_iter().take(MOST_WARNINGS).collect());
        }
        if problems.is_empty() {
            Ok((rules, warnings))
        } else {
            Err(ImportError::Invalid(Problems::locate(source, problems)))
        }
    }
}

impl Rules {
    /// Those products of all the rules that the catalogue has; `None` where there is none, or too much to ask.
    async fn known(
        &self,
        m: &MarketplaceId,
        rules: &[Rule],
        now: Timestamp,
    ) -> Result<Option<Vec<Product>>, StoreError> {
        let named = rules.iter().filter_map(|rule| match &rule.scope {
            Scope::Global => None,
            Scope::Products { products } => Some(products),
        });
        let named: BTreeSet<_> = named.flatten().cloned().collect();
        let named: Vec<_> = named.into_iter().collect();
        match named.len() {
            1..=MOST_LOOKED_UP => self.store.products_known(m, &named, now).await,
            _ => Ok(None),
        }
    }
}

impl Drafts {
    /// Rules as they are written in a document.
    pub(super) fn of(rules: &[Rule], accounts: &[Integration]) -> Self {
        Self { marketplace: None, rules: rules.iter().map(|rule| draft(rule, accounts)).collect() }
    }

    /// The document as YAML.
    pub fn to_yaml(&self) -> Result<String, serde_norway::Error> {
        serde_norway::to_string(self)
    }
}

/// A rule as a document has it.
fn draft(rule: &Rule, all: &[Integration]) -> Draft {
    let account = all.iter().find(|account| account.id == rule.integration);
    // A label that reads as another account's id would lead there.
    let label = account.map(|account| &account.label);
    let label =
        label.filter(|label| named::find(all, label).map(|found| &found.id) == Some(&rule.integration));
    let (global, products) = match &rule.scope {
        Scope::Global => (true, None),
        Scope::Products { products } => (false, Some(products.clone())),
    };
    let manifest = Catalog::built_in().manifest(rule.app);
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
        name: None,
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
