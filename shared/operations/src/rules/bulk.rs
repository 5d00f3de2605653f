//! Bulk changes of rules. Each rule is changed separately, in the version that was read, and has its own result.

use std::collections::BTreeSet;

use aws::store::{Expected, StoreError, StoredRule};
use domain::id::{MarketplaceId, RuleId};
use domain::lint::RuleIndex;
use domain::manifest::Catalog;
use domain::rule::{LONGEST_NAME, Rule};
use futures::{StreamExt, stream};
use jiff::Timestamp;

use super::{Judged, RuleError, Rules, Saved, Snapshot, snapshot};
use crate::ids;

/// The maximum number of rules that one request changes.
pub const MOST: usize = 50;
/// The number of rules that are read or written at the same time.
const AT_ONCE: usize = 10;
/// The suffix of a copy's name.
const COPY: &str = " (copy)";

/// The kind of a bulk change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkChange {
    /// Enable the rules that have no validation errors.
    Enable,
    /// Disable the rules.
    Disable,
    /// Delete the rules.
    Delete,
    /// Copy each rule. The copies are disabled.
    Duplicate,
}

/// A rule to change, with its version.
#[derive(Debug, Clone)]
pub struct BulkItem {
    /// The rule.
    pub rule: RuleId,
    /// The etag of the version that was read.
    pub etag: String,
}

/// The result for one rule.
#[derive(Debug)]
pub enum BulkDone {
    /// The rule is saved.
    Saved(Box<Saved>),
    /// The rule is deleted.
    Deleted,
    /// The rule is copied; this is the copy.
    Copied(Box<Saved>),
}

impl Rules<'_> {
    /// Changes each rule of a list separately. The results are in the order of the list.
    pub async fn bulk(
        &self,
        m: &MarketplaceId,
        change: BulkChange,
        items: &[BulkItem],
        now: Timestamp,
    ) -> Result<Vec<Result<BulkDone, RuleError>>, StoreError> {
        if change == BulkChange::Delete {
            let delete = async |BulkItem { rule, etag }: &BulkItem| {
                self.delete(m, rule, Expected::Version(etag), now).await.map(|()| BulkDone::Deleted)
            };
            return Ok(some_at_once(items.iter().map(delete)).await);
        }
        let mut snapshot = self.snapshot(m, now).await?;
        let read: Vec<_> = items
            .iter()
            .map(|BulkItem { rule, etag }| snapshot.version(rule, Expected::Version(etag)).cloned())
            .collect();
        match change {
            BulkChange::Duplicate => Ok(self.duplicate(&snapshot, read, now).await),
            BulkChange::Enable | BulkChange::Disable | BulkChange::Delete => {
                let rules = read.iter().flatten().map(|stored| snapshot::named(&stored.rule));
                self.look_up(&mut snapshot, rules, usize::MAX, now).await?;
                Ok(self.switch_all(&snapshot, read, change == BulkChange::Enable, now).await)
            }
        }
    }

    async fn switch_all(
        &self,
        snapshot: &Snapshot,
        read: Vec<Result<StoredRule, RuleError>>,
        enabled: bool,
        now: Timestamp,
    ) -> Vec<Result<BulkDone, RuleError>> {
        // A rule is also compared with the rules that are enabled in the same request.
        let changed: BTreeSet<_> = read.iter().flatten().map(|stored| stored.rule.id.clone()).collect();
        let mut rules = snapshot.rules();
        rules.iter_mut().filter(|rule| changed.contains(&rule.id)).for_each(|rule| rule.enabled = enabled);
        let index = RuleIndex::new(Catalog::get(), &rules);
        let switch = async |before: Result<StoredRule, RuleError>| {
            let saved = self.switched(before?, enabled, snapshot, &index, now).await?;
            Ok(BulkDone::Saved(Box::new(saved)))
        };
        some_at_once(read.into_iter().map(switch)).await
    }

    /// Copies a rule. The copy is disabled, so that nothing fires twice, and is validated when it is enabled.
    async fn duplicate(
        &self,
        snapshot: &Snapshot,
        read: Vec<Result<StoredRule, RuleError>>,
        now: Timestamp,
    ) -> Vec<Result<BulkDone, RuleError>> {
        let copies: Vec<_> = read.into_iter().map(|read| read.map(|stored| copy(stored.rule, now))).collect();
        let all: Vec<_> = copies.iter().flatten().cloned().collect();
        let room = snapshot.has_room(&all);
        let save = async |copy: Result<Rule, RuleError>| {
            let rule = Some(copy?);
            room?;
            let saved = self.save(Judged { rule, findings: Vec::new() }, Expected::Absent, now).await?;
            Ok(BulkDone::Copied(Box::new(saved)))
        };
        some_at_once(copies.into_iter().map(save)).await
    }
}

fn copy(rule: Rule, now: Timestamp) -> Rule {
    let name = |name: String| {
        let kept: String = name.chars().take(LONGEST_NAME - COPY.len()).collect();
        format!("{}{COPY}", kept.trim_end())
    };
    Rule { id: ids::new("rul", now), name: rule.name.map(name), enabled: false, created_at: now, ..rule }
}

async fn some_at_once<F: Future>(work: impl Iterator<Item = F>) -> Vec<F::Output> {
    let work: Vec<F> = work.collect();
    stream::iter(work).buffered(AT_ONCE).collect().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_copy_is_another_rule_that_is_off_and_whose_name_says_so() {
        let now = "2026-11-22T04:00:00Z".parse().unwrap();
        let named = |name: Option<&str>| {
            let rule = sample::rule("rul_1", "product_purchased", &["sourdough"]);
            copy(Rule { name: name.map(str::to_owned), ..rule }, now)
        };
        let (copied, rule) = (named(None), sample::rule("rul_1", "product_purchased", &["sourdough"]));
        assert_ne!(copied.id, rule.id);
        assert_eq!(copied, Rule { id: copied.id.clone(), enabled: false, created_at: now, ..rule });
        assert_eq!(named(Some("Buyers")).name.unwrap(), "Buyers (copy)");
        let longest = named(Some(&"ü".repeat(LONGEST_NAME))).name.unwrap();
        assert_eq!((longest.chars().count(), longest.ends_with(COPY)), (LONGEST_NAME, true));
    }
}
