//! Conversion of drafts to rules. The resources that a draft names must exist and fit together. One run finds every
//! error.
//!
//! The domain's lint finds the errors that any rule can have; this module finds those that only drafts can have.

use std::collections::BTreeMap;
use std::fmt;

use domain::app::App;
use domain::condition::Condition;
use domain::id::{IntegrationId, MarketplaceId, RuleId};
use domain::integration::Integration;
use domain::lint::{self, Finding};
use domain::manifest::Catalog;
use domain::quote;
use domain::rule::{Rule, Scope};
use domain::settings::Settings;
use domain::trigger::Trigger;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use yaml::Step;

use super::document::{Draft, Drafts};
use super::problem::Problem;
use super::settle::normal_name;
use crate::integrations::named;

/// The maximum number of characters of a rule's name that its id begins with.
const NAME_IN_ID: usize = 40;

impl Problem {
    /// Converts a finding of the lint on the rule at an index.
    pub(super) fn of_finding(index: usize, draft: &Draft, finding: &Finding) -> Self {
        // A draft has `products` at the top level. Its other fields are named as a rule's.
        let field = finding.field.strip_prefix("/scope").unwrap_or(&finding.field);
        let step = |step: &str| match step.parse::<usize>() {
            Ok(index) => Step::Index(index),
            Err(_) => Step::Key(step.replace("~1", "/").replace("~0", "~")),
        };
        let steps: Vec<_> = field.split('/').skip(1).map(step).collect();
        Self::of_draft(index, draft, &steps, &finding.message)
    }

    fn of_draft(index: usize, draft: &Draft, path: &[Step], message: impl fmt::Display) -> Self {
        let name = draft.name.as_deref().map(|name| format!(" ({})", quote::short(name))).unwrap_or_default();
        let path = [&["rules".into(), index.into()], path].concat();
        Self { path, message: format!("rule {}{name}: {message}", index + 1) }
    }
}

/// Converts drafts to rules that are created now, or returns all their errors.
pub fn check(
    drafts: &Drafts,
    m: &MarketplaceId,
    accounts: &[Integration],
    catalog: &Catalog,
    now: Timestamp,
) -> Result<Vec<Rule>, Vec<Problem>> {
    let (mut rules, mut problems): (Vec<Rule>, _) = (Vec::new(), Vec::new());
    let mut numbers: BTreeMap<RuleId, usize> = BTreeMap::new();
    for (index, draft) in drafts.rules.iter().enumerate() {
        let mut checked = Checked { index, draft, problems: &mut problems };
        let rule = checked.rule(m, accounts, catalog, now);
        if let Some(id) = checked.id()
            && let Some(number) = numbers.insert(id.clone(), index + 1)
        {
            let named = if draft.id.is_some() { "id" } else { "name" };
            checked.problem(&[named.into()], format!("its id {id} is also that of rule {number}"));
        }
        rules.extend(rule);
    }
    if problems.is_empty() { Ok(rules) } else { Err(problems) }
}

/// A draft that is being validated.
struct Checked<'a> {
    index: usize,
    draft: &'a Draft,
    problems: &'a mut Vec<Problem>,
}

/// The account of a rule: of a deleted account, only the id and the app are known.
struct Account {
    id: IntegrationId,
    app: App,
}

impl Checked<'_> {
    fn problem(&mut self, path: &[Step], message: impl fmt::Display) {
        self.problems.push(Problem::of_draft(self.index, self.draft, path, message));
    }

    fn findings(&mut self, found: impl IntoIterator<Item = Finding>) {
        let found = found.into_iter().map(|found| Problem::of_finding(self.index, self.draft, &found));
        self.problems.extend(found);
    }

    /// Returns the value, or records an error at a field.
    fn or_problem<T, E: fmt::Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.problem(&[field.into()], error)).ok()
    }

    fn rule(
        &mut self,
        m: &MarketplaceId,
        accounts: &[Integration],
        catalog: &Catalog,
        now: Timestamp,
    ) -> Option<Rule> {
        let draft = self.draft;
        let name = normal_name(draft.name.as_deref());
        let oversize = [
            lint::size("/settings", &draft.settings),
            lint::size("/conditions", &draft.conditions),
            lint::name(name.as_deref()),
        ];
        let oversize: Vec<_> = oversize.into_iter().flatten().collect();
        if !oversize.is_empty() {
            self.findings(oversize);
            return None;
        }
        // Each field is validated even if an earlier one has an error.
        let id = self.id();
        if id.is_none() {
            self.problem(
                &[],
                "give it a `name` or an `id`, which identifies it when the file is applied again",
            );
        }
        let scope = self.scope();
        let trigger = self.or_problem("trigger", draft.trigger.parse::<Trigger>());
        let account = self.account(accounts);
        let conditions = self.conditions(trigger);
        let account = account?;
        let settings = self.action(catalog, account.app, trigger)?;
        Some(Rule {
            id: id?,
            marketplace: m.clone(),
            name,
            scope: scope?,
            trigger: trigger?,
            integration: account.id,
            app: account.app,
            action: draft.action.clone(),
            settings,
            labels: BTreeMap::new(),
            conditions,
            use_gift_recipient: draft.use_gift_recipient,
            enabled: draft.enabled,
            created_at: now,
            updated_at: now,
            changed_by: None,
            widened_at: None,
        })
    }

    /// The given id, or the id that is derived from the name.
    fn id(&self) -> Option<RuleId> {
        let named = || self.draft.name.as_deref().filter(|name| !name.trim().is_empty()).map(id_of_name);
        self.draft.id.clone().or_else(named)
    }

    fn scope(&mut self) -> Option<Scope> {
        match (self.draft.global, &self.draft.products) {
            (true, None) => Some(Scope::Global),
            (false, Some(products)) => {
                let scope = Scope::Products { products: products.clone() };
                let found = lint::scope(&scope);
                let sound = found.is_empty();
                self.findings(found);
                sound.then_some(scope)
            }
            (true, Some(_)) => {
                self.problem(&["products".into()], "`global: true` and `products` exclude each other");
                None
            }
            (false, None) => {
                self.problem(&[], "set `global: true`, or the `products` that it applies to");
                None
            }
        }
    }

    fn account(&mut self, all: &[Integration]) -> Option<Account> {
        let app = match &self.draft.app {
            Some(app) => Some(self.or_problem("app", app.parse::<App>())?),
            None => None,
        };
        let reference = &self.draft.integration;
        let Some(account) = named::find(all, reference) else {
            // If its account is deleted, a rule is disabled and kept. A document can contain such a rule.
            if let (false, Some(app), Ok(id)) = (self.draft.enabled, app, reference.parse()) {
                return Some(Account { id, app });
            }
            let (reference, known) = (quote::short(reference), named::known(all));
            self.problem(
                &["integration".into()],
                format!("integration `{reference}` does not exist; there {known}"),
            );
            return None;
        };
        if let Some(app) = app.filter(|app| *app != account.app) {
            self.findings([lint::of_other_app(reference, account.app, app)]);
            return None;
        }
        Some(Account { id: account.id.clone(), app: account.app })
    }

    /// The settings with the defaults, if the app offers the action and the action has these settings.
    fn action(&mut self, catalog: &Catalog, app: App, trigger: Option<Trigger>) -> Option<Settings> {
        let Some(manifest) = catalog.manifest(app) else {
            self.problem(&["integration".into()], format!("{app} is not in this build"));
            return None;
        };
        let action = match lint::action(manifest, &self.draft.action) {
            Ok(action) => action,
            Err(unknown) => {
                self.findings([unknown]);
                return None;
            }
        };
        self.findings(trigger.and_then(|trigger| lint::offers(manifest, action, trigger)));
        lint::settings(action, &self.draft.settings).map_err(|wrong| self.findings([wrong])).ok()
    }

    /// The valid conditions. Any error prevents that the document is saved.
    fn conditions(&mut self, trigger: Option<Trigger>) -> Vec<Condition> {
        let mut written = Vec::new();
        for (index, draft) in self.draft.conditions.iter().enumerate() {
            let condition = match draft.field.parse() {
                Err(error) => {
                    self.problem(&["conditions".into(), index.into(), "field".into()], error);
                    None
                }
                Ok(field) => Some(Condition { field, operator: draft.operator, value: draft.value.clone() }),
            };
            written.push(condition);
        }
        let drafted: Vec<_> = written.iter().map(Option::as_ref).collect();
        self.findings(lint::conditions(trigger, &drafted));
        written.into_iter().flatten().collect()
    }
}

/// Derives an id from a name. The id has the characters of the name that are allowed in an id, and a digest, so that
/// each name has its own id.
fn id_of_name(name: &str) -> RuleId {
    let name = name.trim();
    let mut words = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => words.push(c.to_ascii_lowercase()),
            _ if words.ends_with('_') || words.is_empty() => {}
            _ => words.push('_'),
        }
    }
    words.truncate(NAME_IN_ID);
    let digest = Sha256::digest(name.as_bytes());
    let tail = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let tail = format!("{tail:08x}");
    let id = [words.trim_end_matches('_'), &tail].into_iter().filter(|part| !part.is_empty());
    #[expect(clippy::expect_used, reason = "at most 49 letters, digits and underscores behind the prefix")]
    RuleId::new(format!("rul_{}", id.collect::<Vec<_>>().join("_"))).expect("a valid id")
}

#[cfg(test)]
mod tests;
