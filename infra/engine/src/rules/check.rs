//! From drafts to rules: what each names must exist, and fit together. Every mistake is found in one run.

use std::collections::BTreeMap;
use std::fmt;

use domain::app::App;
use domain::condition::Condition;
use domain::id::{MarketplaceId, ProductId, RuleId};
use domain::integration::Integration;
use domain::manifest::{Action, Catalog, InvalidSettings, Manifest};
use domain::rule::{Rule, Scope};
use domain::trigger::Trigger;
use sha2::{Digest, Sha256};

use super::file::{Draft, DraftCondition, Drafts, Source};
use super::locate::{self, Step};
use crate::integrations;

/// As many products as the table keeps for one rule.
const MOST_PRODUCTS: usize = 49;
/// As many characters of a rule's name as its id begins with.
const NAME_IN_ID: usize = 40;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where in the file.
    pub(crate) path: Vec<Step>,
    /// What is wrong, and the way out.
    pub(crate) message: String,
}

/// All mistakes of a file, a line each.
#[derive(Debug)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    /// Finds the mistakes' lines.
    pub(crate) fn locate(source: &Source, found: Vec<Problem>) -> Self {
        let said = |problem: Problem| {
            format!("{}: {}", source.place(locate::line(source, &problem.path)), problem.message)
        };
        Self(found.into_iter().map(said).collect())
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [one] => write!(f, "the file has a mistake\n  {one}"),
            several => {
                write!(f, "the file has {} mistakes", several.len())?;
                several.iter().try_for_each(|one| write!(f, "\n  {one}"))
            }
        }
    }
}

/// Makes rules of drafts, or says everything that is in the way.
pub(crate) fn check(
    drafts: &Drafts,
    m: &MarketplaceId,
    accounts: &[Integration],
    catalog: &Catalog,
) -> Result<Vec<Rule>, Vec<Problem>> {
    let (mut rules, mut problems): (Vec<Rule>, _) = (Vec::new(), Vec::new());
    let mut numbers: BTreeMap<RuleId, usize> = BTreeMap::new();
    for (index, draft) in drafts.rules.iter().enumerate() {
        let mut checked = Checked { index, draft, problems: &mut problems };
        let rule = checked.rule(m, accounts, catalog);
        if let Some(id) = checked.id()
            && let Some(number) = numbers.insert(id.clone(), index + 1)
        {
            let named = if draft.id.is_some() { "id" } else { "name" };
            checked.problem(&[named.into()], format!("it has the id {id}, as rule {number} has"));
        }
        rules.extend(rule);
    }
    if problems.is_empty() { Ok(rules) } else { Err(problems) }
}

/// One draft being checked.
struct Checked<'a> {
    index: usize,
    draft: &'a Draft,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Checked<'a> {
    fn problem(&mut self, path: &[Step], message: impl fmt::Display) {
        let name = self.draft.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let path = [&["rules".into(), self.index.into()], path].concat();
        self.problems.push(Problem { path, message: format!("rule {}{name}: {message}", self.index + 1) });
    }

    /// What is there, or a mistake at a field.
    fn or_problem<T, E: fmt::Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.problem(&[field.into()], error)).ok()
    }

    fn rule(&mut self, m: &MarketplaceId, accounts: &'a [Integration], catalog: &Catalog) -> Option<Rule> {
        let draft = self.draft;
        // Each is looked at even if one before it is wrong.
        let id = self.id();
        if id.is_none() {
            self.problem(&[], "give it a `name` or an `id`, so that applying the file again finds it");
        }
        let scope = self.scope();
        let trigger = self.or_problem("trigger", draft.trigger.parse::<Trigger>());
        let account = self.account(accounts);
        let conditions = self.conditions();
        let account = account?;
        let Some(manifest) = catalog.manifest(account.app) else {
            self.problem(&["integration".into()], format!("{} is not in this build", account.app));
            return None;
        };
        let action = self.action(manifest)?;
        if let Some(trigger) = trigger {
            self.offers(manifest, action, trigger);
        }
        let settings = match action.check(&draft.settings) {
            Ok(settings) => Some(settings),
            Err(error) => {
                let (InvalidSettings::Unknown { key, .. }
                | InvalidSettings::Missing { key, .. }
                | InvalidSettings::Wrong { key, .. }) = &error;
                self.problem(&["settings".into(), key.as_str().into()], &error);
                None
            }
        };
        Some(Rule {
            id: id?,
            marketplace: m.clone(),
            scope: scope?,
            trigger: trigger?,
            integration: account.id.clone(),
            app: account.app,
            action: action.key.clone(),
            settings: settings?,
            conditions,
            use_gift_recipient: draft.use_gift_recipient,
            enabled: draft.enabled,
        })
    }

    /// The id that is given, or one that the name always leads to.
    fn id(&self) -> Option<RuleId> {
        let named = || self.draft.name.as_deref().filter(|name| !name.trim().is_empty()).map(id_of_name);
        self.draft.id.clone().or_else(named)
    }

    fn scope(&mut self) -> Option<Scope> {
        match (self.draft.global, &self.draft.products) {
            (true, None) => Some(Scope::Global),
            (false, Some(products)) => self.products(products),
            (true, Some(_)) => {
                self.problem(&["products".into()], "`global: true` and `products` exclude each other");
                None
            }
            (false, None) => {
                self.problem(&[], "say `global: true`, or which `products` it is for");
                None
            }
        }
    }

    fn products(&mut self, products: &[ProductId]) -> Option<Scope> {
        let twice = products.iter().enumerate().find(|(index, id)| products[..*index].contains(id));
        if let Some((index, id)) = twice {
            self.problem(&["products".into(), index.into()], format!("product `{id}` is named twice"));
            return None;
        }
        if !(1..=MOST_PRODUCTS).contains(&products.len()) {
            let count = products.len();
            let wrong = format!(
                "it names {count} products; a rule names 1 to {MOST_PRODUCTS}: write another for the rest"
            );
            self.problem(&["products".into()], wrong);
            return None;
        }
        Some(Scope::Products { products: products.to_vec() })
    }

    fn account(&mut self, accounts: &'a [Integration]) -> Option<&'a Integration> {
        let app = match &self.draft.app {
            Some(app) => Some(self.or_problem("app", app.parse::<App>())?),
            None => None,
        };
        let reference = &self.draft.integration;
        let Some(account) = integrations::find(accounts, reference) else {
            let known = integrations::known(accounts);
            self.problem(
                &["integration".into()],
                format!("integration `{reference}` does not exist; there {known}"),
            );
            return None;
        };
        if let Some(app) = app.filter(|app| *app != account.app) {
            let wrong = format!("integration `{reference}` is of {}, not {app}", account.app);
            self.problem(&["integration".into()], wrong);
            return None;
        }
        Some(account)
    }

    fn action<'c>(&mut self, manifest: &'c Manifest) -> Option<&'c Action> {
        let found = manifest.action(&self.draft.action);
        if found.is_none() {
            let known: Vec<_> = manifest.actions.iter().map(|action| action.key.as_str()).collect();
            let wrong = format!(
                "action `{}` does not exist for {}; it has: {}",
                self.draft.action,
                manifest.app,
                known.join(", ")
            );
            self.problem(&["action".into()], wrong);
        }
        found
    }

    fn offers(&mut self, manifest: &Manifest, action: &Action, trigger: Trigger) {
        if manifest.offers(action, trigger) {
            return;
        }
        let offered = action.triggers.as_ref().unwrap_or(&manifest.triggers);
        let offered: Vec<_> = offered.iter().map(|trigger| trigger.key()).collect();
        let wrong = format!(
            "{} does not offer `{trigger}` for `{}`; it offers: {}",
            manifest.label,
            action.key,
            offered.join(", ")
        );
        self.problem(&["trigger".into()], wrong);
    }

    /// Those that hold together; a mistake keeps the whole file from being saved.
    fn conditions(&mut self) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (index, written) in self.draft.conditions.iter().enumerate() {
            let DraftCondition { field, operator, value } = written;
            let at = |part: &str| -> [Step; 3] { ["conditions".into(), index.into(), part.into()] };
            match field.parse() {
                Err(error) => self.problem(&at("field"), error),
                Ok(field) => {
                    let condition = Condition { field, operator: *operator, value: value.clone() };
                    match condition.check() {
                        Err(error) => self.problem(&at("value"), error),
                        Ok(()) => conditions.push(condition),
                    }
                }
            }
        }
        conditions
    }
}

/// An id that a name always leads to, and that no other name does: what of the name an id may hold, and a digest.
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
