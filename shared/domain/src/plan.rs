//! The planner: a fact, what fired and the rules in; a verdict on every rule and the jobs to send out.
//!
//! It is pure, so that a dry run, an explanation and a replay are this same function.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::effect::{Effect, Intent};
use crate::fact::text::Label;
use crate::fact::{Body, Fact, Item};
use crate::firing::Subject;
use crate::id::{BuyerKey, EffectKey, EventId, FactKey, JobId, JobPart, ProductId, RuleId};
use crate::job::{Contact, Job, Version};
use crate::manifest::{Action, Catalog, EffectKind, Per, Switch};
use crate::rule::{Rule, Scope};
use crate::settings::Settings;
use crate::trigger::Trigger;
use crate::verdict::{RuleVerdict, Verdict};

/// What the planner works on.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The fact.
    pub fact: &'a Fact,
    /// Its detail as it was published, for actions that pass it on.
    pub detail: &'a Value,
    /// When the engine first received it.
    pub received_at: Timestamp,
    /// The trigger that fired.
    pub trigger: Trigger,
    /// What it fired for.
    pub firings: &'a [Subject],
    /// The rules that were read.
    pub rules: &'a [Rule],
    /// What the apps offer.
    pub catalog: &'a Catalog,
}

/// What is to be done, and why nothing else is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The verdict on every rule, for every firing.
    pub verdicts: Vec<RuleVerdict>,
    /// The jobs to send.
    pub jobs: Vec<Job>,
}

/// The event that a fact is stored as.
pub fn event_id(fact: &Fact) -> EventId {
    let kind = fact.kind().published();
    let buyer = BuyerKey::of_email(fact.common.customer.email.as_str());
    EventId::new(fact.common.occurred_at, buyer, FactKey::of(&[kind.key(), fact.common.id.as_str()]))
}

/// Judges every rule for everything that fired.
pub fn plan(input: Input<'_>) -> Plan {
    let mut drafts = Vec::new();
    for subject in input.firings {
        for rule in input.rules {
            let line = subject.line().and_then(|index| input.fact.line_id(index)).map(String::from);
            let outcome = judge(&input, rule, *subject).map(|action| jobs(&input, rule, *subject, action));
            drafts.push((rule, line, outcome));
        }
    }
    let winners = winners(drafts.iter().filter_map(|(_, _, outcome)| outcome.as_ref().ok()).flatten());

    let mut plan = Plan::default();
    for (rule, line, outcome) in drafts {
        let verdict = match outcome {
            Err(verdict) => verdict,
            Ok(jobs) => {
                let (won, lost): (Vec<_>, Vec<_>) =
                    jobs.into_iter().partition(|job| winners[&job.effect.key].0 == job.id);
                let verdict = match lost.first().filter(|_| won.is_empty()) {
                    None => Verdict::Fired { jobs: won.iter().map(|job| job.id).collect() },
                    Some(job) => {
                        let (_, intent, by) = &winners[&job.effect.key];
                        if *intent == job.effect.intent {
                            Verdict::Duplicate { of: by.clone() }
                        } else {
                            Verdict::Superseded { by: by.clone() }
                        }
                    }
                };
                plan.jobs.extend(won);
                verdict
            }
        };
        plan.verdicts.push(RuleVerdict { rule: rule.id.clone(), line, verdict });
    }
    plan
}

/// Of the jobs that want the same effect, the one that gets it: the first, and before that one that removes.
fn winners<'a>(jobs: impl Iterator<Item = &'a Job>) -> BTreeMap<EffectKey, (JobId, Intent, RuleId)> {
    let mut winners: BTreeMap<EffectKey, (JobId, Intent, RuleId)> = BTreeMap::new();
    for job in jobs {
        let entry = || (job.id, job.effect.intent, job.rule.clone());
        let winner = winners.entry(job.effect.key).or_insert_with(entry);
        if winner.1 == Intent::On && job.effect.intent == Intent::Off {
            *winner = entry();
        }
    }
    winners
}

/// Judges one rule: the action to perform, or the verdict that says why not.
fn judge<'a>(input: &Input<'a>, rule: &Rule, subject: Subject) -> Result<&'a Action, Verdict> {
    if let Scope::Products { products } = &rule.scope {
        let concerned = subject.products(input.fact);
        if !products.iter().any(|product| concerned.contains(&product)) {
            return Err(Verdict::OtherProducts);
        }
    }
    if !rule.enabled {
        return Err(Verdict::Disabled);
    }
    let manifest = input.catalog.manifest(rule.app);
    let action = manifest.and_then(|manifest| Some((manifest, manifest.action(&rule.action)?)));
    let Some((manifest, action)) = action else {
        return Err(Verdict::NotOffered { what: format!("{} has no action `{}`", rule.app, rule.action) });
    };
    if !manifest.offers(action, input.trigger) {
        let what =
            format!("{} does not offer {} for {}", rule.app.label(), action.label, input.trigger.label());
        return Err(Verdict::NotOffered { what });
    }
    for (index, condition) in rule.conditions.iter().enumerate() {
        if let Err(actual) = condition.judge(input.fact, subject) {
            return Err(Verdict::ConditionFailed {
                number: index + 1,
                field: condition.field.clone(),
                operator: condition.operator,
                expected: condition.value.clone(),
                actual,
            });
        }
    }
    Ok(action)
}

/// The jobs of a rule that fired: one for each target.
fn jobs(input: &Input<'_>, rule: &Rule, subject: Subject, action: &Action) -> Vec<Job> {
    let event = event_id(input.fact);
    let contact = contact(input.fact, rule, subject);
    let line = subject.line().and_then(|index| input.fact.line_id(index)).map(String::from);
    let line_text = line.as_deref().unwrap_or_default();
    let payload = matches!(action.effect, EffectKind::Message { .. }).then(|| payload(input, subject));
    let email = contact.email.to_lowercase();
    let job = |settings| {
        let target = target(action, &settings);
        let target: Vec<_> = target.iter().map(String::as_str).collect();
        let (trigger, integration) = (input.trigger.key(), rule.integration.as_str());
        let part = [trigger, rule.id.as_str(), line_text, integration, &rule.action, &email];
        Job {
            v: Version::V1,
            id: JobId { event, part: JobPart::of(&[&part[..], &target].concat()) },
            marketplace: rule.marketplace.clone(),
            integration: rule.integration.clone(),
            app: rule.app,
            rule: rule.id.clone(),
            trigger: input.trigger,
            action: rule.action.clone(),
            effect: effect(rule, action, &target, &contact, event.fact, line_text),
            settings,
            contact: contact.clone(),
            occurred_at: input.fact.common.occurred_at,
            ordered_at: input.fact.common.occurred_at.min(input.received_at),
            line: line.clone(),
            test_mode: input.fact.common.test_mode,
            resumed: false,
            again: None,
            payload: payload.clone(),
        }
    };
    // A list may name one target twice, in other letters even: that is one job.
    let mut seen = BTreeSet::new();
    expand(action, &rule.settings).into_iter().map(job).filter(|job| seen.insert(job.id)).collect()
}

/// One set of settings for each value of a `many` setting.
pub(crate) fn expand(action: &Action, settings: &Settings) -> Vec<Settings> {
    let mut expanded = vec![settings.clone()];
    for setting in action.settings.iter().filter(|setting| setting.many) {
        let Some(values) = settings.0.get(&setting.key).and_then(Value::as_array) else { continue };
        let one_each = |base: &Settings| {
            let with = |value: &Value| {
                let mut settings = base.clone();
                settings.0.insert(setting.key.clone(), value.clone());
                settings
            };
            values.iter().map(with).collect::<Vec<_>>()
        };
        expanded = expanded.iter().flat_map(one_each).collect();
    }
    expanded
}

/// What a state action switches, as its settings name it.
pub(crate) fn target(action: &Action, settings: &Settings) -> Vec<String> {
    match &action.effect {
        EffectKind::State { target, .. } => {
            target.iter().map(|key| settings.text(key).unwrap_or_default().to_lowercase()).collect()
        }
        EffectKind::Message { .. } => Vec::new(),
    }
}

/// What a state action switches goes by this name: an action and its opposite switch the same thing, so both go by the
/// first name of the two.
pub(crate) fn switch(action: &Action) -> &str {
    action.opposite.as_deref().map_or(action.key.as_str(), |other| other.min(&action.key))
}

fn effect(
    rule: &Rule,
    action: &Action,
    target: &[&str],
    contact: &Contact,
    fact: FactKey,
    line: &str,
) -> Effect {
    let integration = rule.integration.as_str();
    match &action.effect {
        EffectKind::State { desired, .. } => {
            let email = contact.email.to_lowercase();
            let key = EffectKey::of(&[&[integration, switch(action), &email], target].concat());
            let intent = match desired {
                Switch::On => Intent::On,
                Switch::Off => Intent::Off,
            };
            Effect { key, intent }
        }
        EffectKind::Message { per } => {
            let line = match per {
                Per::Line => line,
                Per::Fact => "",
            };
            // Two triggers of one fact tell different things, and so do two actions.
            let key = [integration, &action.key, rule.trigger.key(), &fact.to_string(), line];
            Effect { key: EffectKey::of(&key), intent: Intent::Send }
        }
    }
}

/// Whom the action is about. Where a trigger fires for an order, that is the first recipient of a gift that the rule
/// is about: a rule for one product has nothing to do with who gets another.
fn contact(fact: &Fact, rule: &Rule, subject: Subject) -> Contact {
    let concerns = |item: &Item| match &rule.scope {
        Scope::Global => true,
        Scope::Products { products } => products.contains(&item.product_id),
    };
    let gift = || {
        let lines = fact.items().filter(|(index, item)| subject.covers(*index) && concerns(item));
        lines.map(|(_, item)| item).find_map(Item::gift_recipient)
    };
    if let Some(recipient) = rule.use_gift_recipient.then(gift).flatten() {
        return Contact {
            email: recipient.email.to_string(),
            first_name: given(recipient.first_name.as_ref()),
            last_name: given(recipient.last_name.as_ref()),
            phone: given(recipient.phone.as_ref()),
            address: None,
        };
    }
    let buyer = &fact.common.customer;
    Contact {
        email: buyer.email.to_string(),
        first_name: given(buyer.first_name.as_ref()),
        last_name: given(buyer.last_name.as_ref()),
        phone: given(buyer.phone.as_ref()),
        address: buyer.address.clone(),
    }
}

/// A field that a form left blank says no more than one that is absent.
fn given(field: Option<&Label>) -> Option<String> {
    field.map(ToString::to_string).filter(|text| !text.trim().is_empty())
}

/// The fact's detail; about one line, `items` gives way to the one `item`.
fn payload(input: &Input<'_>, subject: Subject) -> Value {
    let mut detail = input.detail.clone();
    let Some(fields) = detail.as_object_mut() else { return detail };
    if let (Subject::Line(index), Some(Value::Array(mut items))) = (subject, fields.remove("items"))
        && index < items.len()
    {
        fields.insert("item".to_owned(), items.swap_remove(index));
    } else if let Some(items) = input.detail.get("items") {
        fields.insert("items".to_owned(), items.clone());
    }
    detail
}

/// Whether a fact tells that a buyer has bought a product: what stops a prospect's reminder.
pub fn buys(fact: &Fact, product: &ProductId) -> bool {
    match &fact.body {
        Body::CheckoutCharged(_) | Body::OrderCompleted(_) | Body::ProductAddedToOrder(_) => {
            fact.items().any(|(_, item)| item.product_id == *product)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
