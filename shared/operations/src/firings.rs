//! The firings of a stored event, from the triggers' own definitions.

use std::collections::BTreeMap;

use domain::digest::DigestSecret;
use domain::fact::Fact;
use domain::firing::Subject;
use domain::id::EventId;
use domain::log::{EventRecord, Timer};
use domain::manifest::Catalog;
use domain::plan::{self, Decided, Draft, Input};
use domain::rule::{Rule, Scope};
use domain::trigger::Trigger;
use jiff::Timestamp;
use triggers::definition::Definition;
use triggers::registry;

/// The firings of a stored event for one trigger.
#[derive(Debug, Clone, PartialEq)]
pub struct Firings {
    event: EventId,
    trigger: Trigger,
    fact: Fact,
    detail: String,
    received_at: Timestamp,
    subjects: Vec<Subject>,
}

/// The reason why a trigger does not fire for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silent {
    /// The fact is of another kind, or does not meet the trigger's definition.
    Fact,
    /// The prospect's timer has not ended, or the product was bought.
    Timer(Option<Timer>),
    /// The stored fact can no longer be read.
    Unreadable,
}

impl Firings {
    /// The firings of the event for a trigger; at least one.
    pub fn of(event: &EventRecord, trigger: Trigger) -> Result<Self, Silent> {
        let definition = registry::definition(trigger).ok_or(Silent::Fact)?;
        let firings = Self::defined(event, definition)?;
        // A prospect fires only when its timer has ended.
        let waits = definition.fact != definition.fact.published();
        match &event.timer {
            Some(Timer::Fired { .. }) => Ok(firings),
            timer if waits => Err(Silent::Timer(timer.clone())),
            _ => Ok(firings),
        }
    }

    /// The firings of the event for a trigger if a prospect's timer ends and the product was not bought.
    pub fn after_wait(event: &EventRecord, trigger: Trigger) -> Result<Self, Silent> {
        Self::defined(event, registry::definition(trigger).ok_or(Silent::Fact)?)
    }

    fn defined(event: &EventRecord, definition: &Definition) -> Result<Self, Silent> {
        if definition.fact.published().detail_type() != event.detail_type {
            return Err(Silent::Fact);
        }
        let Ok(fact) = Fact::parse(definition.fact.detail_type(), &event.detail) else {
            return Err(Silent::Unreadable);
        };
        let subjects = (definition.fires)(&fact);
        if subjects.is_empty() {
            return Err(Silent::Fact);
        }
        Ok(Self {
            event: event.id,
            trigger: definition.trigger,
            fact,
            detail: event.detail.clone(),
            received_at: event.received_at,
            subjects,
        })
    }

    /// Judges rules of the trigger.
    pub fn draft<'a>(&'a self, rules: &'a [Rule], secret: &'a DigestSecret) -> Draft<'a> {
        plan::draft(self.input(rules, secret))
    }

    /// The actions that rules of the trigger request if nothing competes with them; see [`Input::asked`].
    pub fn asked<'a>(&'a self, rules: &'a [Rule], secret: &'a DigestSecret) -> impl Iterator<Item = Decided> {
        self.input(rules, secret).asked()
    }

    /// Whether the trigger reads a rule of its own: a global rule, or a rule for a product of the event.
    pub fn reads(&self, rule: &Rule) -> bool {
        let mut products = self.subjects.iter().flat_map(|subject| subject.products(&self.fact));
        match &rule.scope {
            Scope::Global => true,
            Scope::Products { products: named } => products.any(|product| named.contains(product)),
        }
    }

    /// The input of the planner, with rules of the trigger.
    pub fn input<'a>(&'a self, rules: &'a [Rule], secret: &'a DigestSecret) -> Input<'a> {
        Input {
            fact: &self.fact,
            event: self.event,
            secret,
            detail: &self.detail,
            received_at: self.received_at,
            trigger: self.trigger,
            firings: &self.subjects,
            rules,
            catalog: Catalog::get(),
        }
    }
}

/// Rules grouped by trigger, for the planner.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RulesByTrigger(BTreeMap<Trigger, Vec<Rule>>);

impl RulesByTrigger {
    /// The rules of a trigger.
    pub fn of(&self, trigger: Trigger) -> &[Rule] {
        self.0.get(&trigger).map(Vec::as_slice).unwrap_or_default()
    }

    /// The rules of all triggers.
    pub fn all(&self) -> impl Iterator<Item = &Rule> {
        self.0.values().flatten()
    }
}

impl FromIterator<Rule> for RulesByTrigger {
    fn from_iter<T: IntoIterator<Item = Rule>>(rules: T) -> Self {
        let mut by_trigger = Self::default();
        for rule in rules {
            by_trigger.0.entry(rule.trigger).or_default().push(rule);
        }
        by_trigger
    }
}
