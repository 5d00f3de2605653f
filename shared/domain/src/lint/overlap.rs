//! Rules that get into each other's way: the same trigger, the same account, the same thing to switch or to tell.

use std::collections::BTreeSet;

use super::{Code, Finding, conditions, warning};
use crate::condition::Condition;
use crate::id::ProductId;
use crate::manifest::{Action, EffectKind, Manifest};
use crate::plan::{Targets, switch};
use crate::rule::{Rule, Scope};

/// Other rules that ask for the same or the opposite, for facts that both are about.
pub(super) fn overlaps(manifest: &Manifest, action: &Action, rule: &Rule, others: &[Rule]) -> Vec<Finding> {
    let own = targets(action, rule);
    let products: BTreeSet<_> = rule.scope.products().iter().collect();
    let mut findings = Vec::new();
    for other in others.iter().filter(|other| meets(rule, &products, other)) {
        let Some(their) = manifest.action(&other.action) else { continue };
        let meets = targets(their, other).into_iter().any(|target| own.contains(&target));
        // Last, because it takes longest.
        if !meets || exclude(rule, other) {
            continue;
        }
        if let Some(finding) = overlap(action, rule, their, other) {
            findings.push(finding);
        }
    }
    findings
}

fn overlap(action: &Action, rule: &Rule, their: &Action, other: &Rule) -> Option<Finding> {
    let (trigger, id) = (rule.trigger.label(), &other.id);
    match (&action.effect, &their.effect) {
        (EffectKind::State { desired, .. }, EffectKind::State { desired: opposite, .. })
            if desired != opposite =>
        {
            let wrong = format!(
                "rule {id} asks for the opposite ({}) when {trigger} fires, and what removes wins: edit one of them",
                their.label
            );
            Some(warning(Code::Opposite, "/action", wrong))
        }
        // With a gift they are about two people; only without one the second asks in vain.
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
                "rule {id} asks for the same {scope} when {trigger} fires, and it is done once: delete one of them"
            );
            Some(warning(Code::Duplicate, "/action", wrong))
        }
        (EffectKind::State { .. }, EffectKind::Message { .. })
        | (EffectKind::Message { .. }, EffectKind::State { .. }) => None,
    }
}

/// Whether one fact can make both fire in the same account, but for their conditions.
fn meets(rule: &Rule, products: &BTreeSet<&ProductId>, other: &Rule) -> bool {
    other.enabled
        && other.id != rule.id
        && other.trigger == rule.trigger
        && other.integration == rule.integration
        && match (&rule.scope, &other.scope) {
            (Scope::Global, _) | (_, Scope::Global) => true,
            (Scope::Products { .. }, Scope::Products { products: theirs }) => {
                theirs.iter().any(|product| products.contains(product))
            }
        }
}

/// Whether no fact can satisfy the conditions of both.
fn exclude(rule: &Rule, other: &Rule) -> bool {
    let both = rule.conditions.iter().chain(&other.conditions).filter(|one| one.check().is_ok());
    let both: Vec<(usize, &Condition)> = both.enumerate().collect();
    !conditions::never_hold(Some(rule.trigger), &both).is_empty()
}

/// What a rule's jobs are keyed by, apart from the account and the contact, as the planner keys them.
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
