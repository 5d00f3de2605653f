//! Finds rules that conflict: the same trigger, the same account, and the same switch or message.

use std::collections::{BTreeSet, HashMap};

use super::{Code, Finding, OtherRule, conditions, warning};
use crate::condition::Condition;
use crate::id::{IntegrationId, ProductId};
use crate::manifest::{Action, Catalog, EffectKind};
use crate::plan::{Targets, switch};
use crate::rule::{Rule, Scope};
use crate::trigger::Trigger;

/// The most rules with the same target that are compared by their conditions. Further rules are not reported: a
/// document has up to a thousand rules, and a merchant waits for the result.
const MOST_COMPARED: usize = 50;

/// The enabled rules of a marketplace by trigger, account and target, which two conflicting rules have in common.
#[derive(Debug, Default)]
pub struct RuleIndex<'a> {
    entries: Vec<Entry<'a>>,
    meeting: HashMap<(Trigger, &'a IntegrationId, Vec<String>), Vec<usize>>,
    products: HashMap<&'a ProductId, usize>,
}

#[derive(Debug)]
struct Entry<'a> {
    rule: &'a Rule,
    action: &'a Action,
    /// In ascending order; `None` is every product.
    products: Option<Vec<usize>>,
}

impl<'a> RuleIndex<'a> {
    /// Indexes the rules whose app has their action.
    pub fn new(catalog: &'a Catalog, rules: &'a [Rule]) -> Self {
        let mut index = Self::default();
        for rule in rules.iter().filter(|rule| rule.enabled) {
            let Some(action) = catalog.manifest(rule.app).and_then(|app| app.action(&rule.action)) else {
                continue;
            };
            for product in rule.scope.products() {
                let number = index.products.len();
                index.products.entry(product).or_insert(number);
            }
            let place = index.entries.len();
            for target in targets(action, rule) {
                index.meeting.entry((rule.trigger, &rule.integration, target)).or_default().push(place);
            }
            let products = index.numbered(&rule.scope);
            index.entries.push(Entry { rule, action, products });
        }
        index
    }

    /// The products that a rule names, as far as other rules name them; `None` is every product.
    fn numbered(&self, scope: &Scope) -> Option<Vec<usize>> {
        let Scope::Products { products } = scope else { return None };
        let mut numbers: Vec<_> = products.iter().filter_map(|id| self.products.get(id).copied()).collect();
        numbers.sort_unstable();
        Some(numbers)
    }

    /// Other rules that request the same or the opposite for the same facts.
    pub(super) fn overlaps(&self, action: &Action, rule: &Rule) -> Vec<Finding> {
        let products = self.numbered(&rule.scope);
        let mut seen = vec![false; self.entries.len()];
        let targets = targets(action, rule).into_iter();
        let places =
            targets.filter_map(|target| self.meeting.get(&(rule.trigger, &rule.integration, target)));
        let mut met: Vec<_> = places
            .flatten()
            .copied()
            .filter(|place| !std::mem::replace(&mut seen[*place], true))
            .filter(|place| {
                let other = &self.entries[*place];
                other.rule.id != rule.id && share(products.as_deref(), other.products.as_deref())
            })
            .take(MOST_COMPARED)
            .collect();
        met.sort_unstable();
        let others = met.into_iter().map(|place| &self.entries[place]);
        let others = others.filter(|other| !exclude(rule, other.rule));
        others.filter_map(|other| overlap(action, rule, other.action, other.rule)).collect()
    }
}

/// Whether two scopes have a product in common.
fn share(one: Option<&[usize]>, other: Option<&[usize]>) -> bool {
    let (Some(mut one), Some(mut other)) = (one, other) else { return true };
    while let ([first, ..], [second, ..]) = (one, other) {
        match first.cmp(second) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => one = &one[1..],
            std::cmp::Ordering::Greater => other = &other[1..],
        }
    }
    false
}

fn overlap(action: &Action, rule: &Rule, their: &Action, other: &Rule) -> Option<Finding> {
    let (trigger, id) = (rule.trigger.label(), &other.id);
    let found = |code, message| {
        let other_rule = Some(OtherRule { id: other.id.clone(), name: other.name.clone() });
        Some(Finding { other_rule, ..warning(code, "/action", message) })
    };
    match (&action.effect, &their.effect) {
        (EffectKind::State { desired, .. }, EffectKind::State { desired: opposite, .. })
            if desired != opposite =>
        {
            let wrong = format!(
                "rule {id} asks for the opposite ({}) when {trigger} fires, and the removal wins: edit one of them",
                their.label
            );
            found(Code::Opposite, wrong)
        }
        // For a gift, the two rules are about two people. Only without a gift is the second rule redundant.
        (EffectKind::State { .. }, EffectKind::State { .. })
            if rule.use_gift_recipient != other.use_gift_recipient =>
        {
            None
        }
        (EffectKind::State { .. }, EffectKind::State { .. })
        | (EffectKind::Message { .. }, EffectKind::Message { .. }) => {
            let scope = match (&rule.scope, &other.scope) {
                (Scope::Global, Scope::Products { .. }) => "for its products",
                (Scope::Products { .. }, Scope::Global) => "for every product",
                (Scope::Global, Scope::Global) | (Scope::Products { .. }, Scope::Products { .. }) => {
                    "for the same products"
                }
            };
            let wrong = format!(
                "rule {id} asks for the same {scope} when {trigger} fires, and it is performed once: delete one of them"
            );
            found(Code::Duplicate, wrong)
        }
        (EffectKind::State { .. }, EffectKind::Message { .. })
        | (EffectKind::Message { .. }, EffectKind::State { .. }) => None,
    }
}

/// Whether no fact can satisfy the conditions of both rules.
fn exclude(rule: &Rule, other: &Rule) -> bool {
    let both = rule.conditions.iter().chain(&other.conditions).filter(|one| one.check().is_ok());
    let both: Vec<(usize, &Condition)> = both.enumerate().collect();
    !conditions::never_hold(Some(rule.trigger), &both).is_empty()
}

/// The keys of a rule's targets, without account and contact, as the planner computes them.
fn targets(action: &Action, rule: &Rule) -> BTreeSet<Vec<String>> {
    let named = |first: &str, rest: Vec<String>| [vec![first.to_owned()], rest].concat();
    match &action.effect {
        EffectKind::State { .. } => {
            let targets = Targets::of(action, &rule.settings);
            targets.all().map(|target| named(switch(action), target)).collect()
        }
        EffectKind::Message { .. } => BTreeSet::from([named(&action.key, Vec::new())]),
    }
}
