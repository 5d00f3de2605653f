//! The parts of a rule that fired: one action for each contact and target.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::decided::{Decided, Pair};
use super::input::Input;
use crate::effect::{Contender, Effect};
use crate::fact::text::Label;
use crate::fact::{Fact, Item, Recipient};
use crate::firing::Subject;
use crate::id::{BuyerKey, EffectKey, FactKey, JobId, JobPart, OrderKey, ProductId};
use crate::intent::Intent;
use crate::job::{Contact, Job, Version};
use crate::manifest::{Action, Catalog, EffectKind, Per, Switch};
use crate::options;
use crate::payload::Payload;
use crate::rule::Rule;
use crate::settings::Settings;

/// A rule that fired.
#[derive(Debug)]
pub(super) struct Fired<'a> {
    input: Input<'a>,
    pub(super) rule: &'a Rule,
    subject: Subject,
    action: &'a Action,
    contacts: Vec<Person<'a>>,
    targets: Targets<'a>,
}

/// One action of a rule, for one contact and target.
#[derive(Debug)]
pub(super) struct Part {
    /// The number of the part within the rule.
    pub(super) number: usize,
    pub(super) effect: Effect,
    contact: usize,
    target: usize,
}

/// A contact of a rule.
#[derive(Debug)]
struct Person<'a> {
    /// The address, in lower case.
    email: String,
    /// The digest of the address, which ids and effects contain.
    key: BuyerKey,
    /// The recipient of the gift; `None` for the buyer.
    recipient: Option<&'a Recipient>,
    /// The latest time of the lines that the rule is about.
    at: Timestamp,
}

impl<'a> Fired<'a> {
    pub(super) fn new(input: Input<'a>, rule: &'a Rule, subject: Subject, action: &'a Action) -> Self {
        let mut contacts = contacts(&input, rule, subject);
        if let EffectKind::Message { .. } = action.effect {
            // A message describes the fact, and is the same for every contact.
            contacts.truncate(1);
        }
        let targets = Targets::of(action, &rule.settings);
        Self { input, rule, subject, action, contacts, targets }
    }

    /// The rule's parts. A list may name one target twice, even in different case: that is one part.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part> {
        let mut seen = BTreeSet::new();
        let part = move |number: usize| {
            let (contact, target) = self.place(number);
            Part { number, effect: self.effect(contact, target), contact, target }
        };
        let parts = self.contacts.len() * self.targets.count();
        (0..parts).map(part).filter(move |part| seen.insert(part.effect.key))
    }

    /// The contact and the target of a part.
    fn place(&self, part: usize) -> (usize, usize) {
        let targets = self.targets.count();
        (part / targets, part % targets)
    }

    fn effect(&self, contact: usize, target: usize) -> Effect {
        let (contact, line) = (self.contacts[contact].key, self.line());
        self.targets.effect(target, self.rule, contact, self.input.event.fact, line.as_deref())
    }

    /// Whether a job with this intent is about the recipient of a gift. A message is about its fact.
    fn is_gift(&self, contact: usize, intent: Intent) -> bool {
        intent != Intent::Send && self.contacts[contact].email != self.buyer()
    }

    fn buyer(&self) -> String {
        self.input.fact.common.customer.email.normalised()
    }

    /// The lines that fired, with the person that each is for. A line without a gift's recipient is for the buyer.
    fn lines(&self) -> impl Iterator<Item = (&'a Item, String)> {
        let lines = self.input.fact.items().filter(|(index, _)| self.subject.covers(*index));
        let buyer = &self.input.fact.common.customer.email;
        lines.map(move |(_, item)| {
            (item, item.gift_recipient().map_or(buyer, |recipient| &recipient.email).normalised())
        })
    }

    /// The products that a job with this intent is about.
    fn products(&self, contact: usize, intent: Intent) -> BTreeSet<ProductId> {
        if !self.is_gift(contact, intent) {
            return self.subject.products(self.input.fact).into_iter().cloned().collect();
        }
        let theirs = self.lines().filter(|(_, email)| *email == self.contacts[contact].email);
        theirs.map(|(item, _)| item.product_id.clone()).collect()
    }

    /// The products of which the buyer, as the contact, has no line.
    fn gifted(&self, contact: usize, intent: Intent) -> BTreeSet<ProductId> {
        if intent == Intent::Send || self.is_gift(contact, intent) {
            return BTreeSet::new();
        }
        let buyer = self.buyer();
        let (kept, gifts): (Vec<_>, Vec<_>) = self.lines().partition(|(_, email)| *email == buyer);
        let is_kept = |product: &ProductId| kept.iter().any(|(item, _)| item.product_id == *product);
        let gifted = gifts.iter().map(|(item, _)| &item.product_id).filter(|product| !is_kept(product));
        gifted.cloned().collect()
    }

    /// The id of a part's job. It differs for every action, account, contact and target.
    pub(super) fn id(&self, part: &Part) -> JobId {
        let rule = self.rule;
        let (line, target) = (self.line().unwrap_or_default(), self.targets.named(part.target));
        let contact = self.contacts[part.contact].key.to_string();
        let part = [
            self.input.trigger.key(),
            rule.id.as_str(),
            &line,
            rule.integration.as_str(),
            &rule.action,
            &contact,
        ];
        JobId { event: self.input.event, part: JobPart::of(&joined(&part, &target)) }
    }

    /// The time that orders a part's effect: the earlier of its own time and the time of receipt.
    pub(super) fn at(&self, part: &Part) -> Timestamp {
        self.contacts[part.contact].at
    }

    /// A part's job before it is built. `at` is the time that orders its effect.
    pub(super) fn decided(&self, place: Pair, part: &Part, at: Timestamp) -> Decided {
        let contender = Contender {
            job: self.id(part),
            ordered_at: at.min(self.input.received_at),
            intent: part.effect.intent,
            order: self.input.fact.order_id().map(|order| OrderKey::of(&[order])),
        };
        Decided { effect: part.effect.key, contender, place, part: part.number }
    }

    pub(super) fn job(&self, decided: &Decided, payload: impl FnOnce(Subject) -> Option<Payload>) -> Job {
        let (fact, rule) = (self.input.fact, self.rule);
        let Contender { job: id, ordered_at, intent, order } = decided.contender;
        let (contact, target) = self.place(decided.part);
        let settings = self.targets.settings(target);
        Job {
            v: Version::V1,
            id,
            marketplace: rule.marketplace.clone(),
            integration: rule.integration.clone(),
            app: rule.app,
            rule: rule.id.clone(),
            trigger: self.input.trigger,
            action: rule.action.clone(),
            typed: options::typed(self.action, &settings, &rule.labels),
            settings,
            contact: self.contacts[contact].contact(fact),
            products: self.products(contact, intent),
            gift: self.is_gift(contact, intent),
            gifted: self.gifted(contact, intent),
            effect: Effect { key: decided.effect, intent },
            occurred_at: fact.common.occurred_at,
            ordered_at,
            line: self.line(),
            test_mode: fact.common.test_mode,
            resumed: false,
            test: false,
            rerun: None,
            order,
            payload: if self.action.reads_fact() { payload(self.subject) } else { None },
        }
    }

    /// The address of a part's contact, if the rule acts for several contacts.
    pub(super) fn recipient(&self, part: &Part) -> Option<String> {
        let buyer = &self.input.fact.common.customer.email;
        let email = self.contacts[part.contact].recipient.map_or(buyer, |recipient| &recipient.email);
        (self.contacts.len() > 1).then(|| email.to_string())
    }

    /// The target of a part, if the rule names several: its name in the app's option list, or the entered text.
    pub(super) fn target(&self, part: &Part) -> Option<String> {
        (self.targets.count() > 1).then(|| {
            let chosen = self.targets.chosen(part.target).filter_map(|(_, value)| value.as_str());
            let called = chosen.map(|text| self.rule.labels.get(text).map_or(text, String::as_str));
            called.collect::<Vec<_>>().join(", ")
        })
    }

    pub(super) fn line(&self) -> Option<String> {
        line(&self.input, self.subject)
    }
}

/// The id of the line that fired.
pub(super) fn line(input: &Input<'_>, subject: Subject) -> Option<String> {
    subject.line().and_then(|index| input.fact.line_id(index)).map(String::from)
}

fn joined<'a>(first: &[&'a str], rest: &'a [String]) -> Vec<&'a str> {
    first.iter().copied().chain(rest.iter().map(String::as_str)).collect()
}

/// The contacts of a rule: the buyer. If the rule uses gift recipients, each of its lines has its recipient or, without
/// one, the buyer, and each person is a contact once. Recipients of products that the rule does not name are not its
/// contacts.
fn contacts<'a>(input: &Input<'a>, rule: &Rule, subject: Subject) -> Vec<Person<'a>> {
    let Input { fact, event, secret, .. } = *input;
    let lines =
        fact.items().filter(|(index, item)| subject.covers(*index) && rule.scope.names(&item.product_id));
    let mut people: Vec<Person<'a>> = Vec::new();
    let buyer = &fact.common.customer.email;
    for (_, item) in lines {
        let recipient = item.gift_recipient().filter(|_| rule.use_gift_recipient);
        let email = recipient.map_or(buyer, |recipient| &recipient.email).normalised();
        let at = charged_at(fact, item);
        if let Some(person) = people.iter_mut().find(|person| person.email == email) {
            person.at = person.at.max(at);
        } else {
            let key = match recipient {
                Some(_) => BuyerKey::of_email(secret, &fact.common.marketplace_id, &email),
                None => event.buyer,
            };
            people.push(Person { email, key, recipient, at });
        }
    }
    if people.is_empty() {
        let (email, at) = (buyer.normalised(), fact.common.occurred_at);
        people.push(Person { email, key: event.buyer, recipient: None, at });
    }
    people
}

/// The time that orders the effects of a line: in facts about a charge, the time at which the line was charged. Other
/// facts about the line, such as a refund, have their own time.
fn charged_at(fact: &Fact, item: &Item) -> Timestamp {
    let charged_at = if fact.paid().is_some() { item.charged_at } else { None };
    charged_at.unwrap_or(fact.common.occurred_at)
}

impl Person<'_> {
    fn contact(&self, fact: &Fact) -> Contact {
        if let Some(recipient) = self.recipient {
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
}

/// A blank field counts as absent.
fn given(field: Option<&Label>) -> Option<String> {
    field.map(ToString::to_string).filter(|text| !text.trim().is_empty())
}

/// The targets of an action: each combination of values of its `many` settings, known by its number.
#[derive(Debug)]
pub(crate) struct Targets<'a> {
    pub(super) action: &'a Action,
    settings: &'a Settings,
    many: Vec<(&'a str, &'a [Value])>,
}

impl<'a> Targets<'a> {
    pub(crate) fn of(action: &'a Action, settings: &'a Settings) -> Self {
        let many = action.settings.iter().filter(|setting| setting.many);
        let values = |key: &'a str| Some((key, settings.0.get(key)?.as_array()?.as_slice()));
        Self { action, settings, many: many.filter_map(|setting| values(&setting.key)).collect() }
    }

    /// The targets of a rule; `None` if its app has no such action.
    pub(super) fn of_rule(rule: &'a Rule) -> Option<Self> {
        let action = Catalog::get().manifest(rule.app)?.action(&rule.action)?;
        Some(Self::of(action, &rule.settings))
    }

    pub(super) fn count(&self) -> usize {
        self.many.iter().map(|(_, values)| values.len()).product()
    }

    /// The values of each target, as effects are keyed by them.
    pub(crate) fn all(&self) -> impl Iterator<Item = Vec<String>> {
        (0..self.count()).map(|number| self.named(number))
    }

    /// The value of each `many` setting for a target.
    fn chosen(&self, mut number: usize) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.many.iter().rev().map(move |(key, values)| {
            let value = &values[number % values.len()];
            number /= values.len();
            (*key, value)
        })
    }

    fn value(&self, number: usize, key: &str) -> Option<&'a Value> {
        let chosen = self.chosen(number).find(|(many, _)| *many == key);
        chosen.map(|(_, value)| value).or_else(|| self.settings.0.get(key))
    }

    /// The values that name the switched thing.
    pub(super) fn named(&self, number: usize) -> Vec<String> {
        match &self.action.effect {
            EffectKind::State { target, .. } => {
                let text = |key: &String| self.value(number, key).and_then(Value::as_str).unwrap_or_default();
                target.iter().map(|key| text(key).trim().to_lowercase()).collect()
            }
            EffectKind::Message { .. } => Vec::new(),
        }
    }

    /// The effect of a rule with these settings, for one contact of a fact on a target.
    pub(super) fn effect(
        &self,
        number: usize,
        rule: &Rule,
        contact: BuyerKey,
        fact: FactKey,
        line: Option<&str>,
    ) -> Effect {
        let integration = rule.integration.as_str();
        match &self.action.effect {
            EffectKind::State { desired, .. } => {
                let target = self.named(number);
                let intent = match desired {
                    Switch::On => Intent::On,
                    Switch::Off => Intent::Off,
                };
                let contact = contact.to_string();
                let who = [integration, switch(self.action), &contact];
                Effect { key: EffectKey::of(&joined(&who, &target)), intent }
            }
            EffectKind::Message { per } => {
                let line = match per {
                    Per::Line => line.unwrap_or_default(),
                    Per::Fact => "",
                };
                // Two triggers of one fact send different messages, and so do two actions.
                let key = [integration, &self.action.key, rule.trigger.key(), &fact.to_string(), line];
                Effect { key: EffectKey::of(&key), intent: Intent::Send }
            }
        }
    }

    /// The settings, with one value for each `many` setting.
    pub(super) fn settings(&self, number: usize) -> Settings {
        let keys = self.settings.0.keys();
        Settings(keys.filter_map(|key| Some((key.clone(), self.value(number, key)?.clone()))).collect())
    }
}

/// The name of the thing that a state action switches. An action and its opposite switch the same thing, so both use
/// the alphabetically first of their keys.
pub(crate) fn switch(action: &Action) -> &str {
    action.opposite.as_deref().map_or(action.key.as_str(), |other| other.min(&action.key))
}
