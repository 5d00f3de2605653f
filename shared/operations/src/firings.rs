//! What a stored event fires, as the triggers' own definitions say.

use std::collections::BTreeMap;

use domain::fact::Fact;
use domain::firing::Subject;
use domain::log::{EventRecord, Timer};
use domain::manifest::Catalog;
use domain::plan::{self, Decided, Draft, Input};
use domain::rule::Rule;
use domain::trigger::Trigger;
use jiff::Timestamp;
use triggers::definition::Definition;
use triggers::registry;

/// A stored event as one trigger sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Firings {
    trigger: Trigger,
    fact: Fact,
    detail: String,
    received_at: Timestamp,
    subjects: Vec<Subject>,
}

/// Why a trigger does not fire for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silent {
    /// The fact is of another kind, or does not say what the trigger waits for.
    Fact,
    /// The prospect's time is not over, or the product was bought.
    Timer(Option<Timer>),
    /// The stored fact does not read any more.
    Unreadable,
}

impl Firings {
    /// What of the event fires a trigger; never nothing.
    pub fn of(event: &EventRecord, trigger: Trigger) -> Result<Self, Silent> {
        let definition = registry::definition(trigger).ok_or(Silent::Fact)?;
        let firings = Self::defined(event, definition)?;
        // A prospect fires when its wait is over, and not before.
        let waits = definition.fact != definition.fact.published();
        match &event.timer {
            Some(Timer::Fired { .. }) => Ok(firings),
            timer if waits => Err(Silent::Timer(timer.clone())),
            _ => Ok(firings),
        }
    }

    /// What of the event fires a trigger when a prospect's wait ends and the product was not bought.
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
            trigger: definition.trigger,
            fact,
            detail: event.detail.clone(),
            received_at: event.received_at,
            subjects,
        })
    }

    /// Judges rules of the trigger.
    pub fn draft<'a>(&'a self, rules: &'a [Rule]) -> Draft<'a> {
        plan::draft(self.input(rules))
    }

    /// What rules of the trigger ask for where nothing competes with them; see [`Input::asked`].
    pub fn asked<'a>(&'a self, rules: &'a [Rule]) -> impl Iterator<Item = Decided> {
        self.input(rules).asked()
    }

    /// What the planner works on, with rules of the trigger.
    pub fn input<'a>(&'a self, rules: &'a [Rule]) -> Input<'a> {
        Input {
            fact: &self.fact,
            detail: &self.detail,
            received_at: self.received_at,
            trigger: self.trigger,
            firings: &self.subjects,
            rules,
            catalog: Catalog::built_in(),
        }
    }
}

/// Rules by trigger, as the planner takes them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RulesByTrigger(BTreeMap<Trigger, Vec<Rule>>);

impl RulesByTrigger {
    /// The rules of a trigger.
    pub fn of(&self, trigger: Trigger) -> &[Rule] {
        self.0.get(&trigger).map(Vec::as_slice).unwrap_or_default()
    }

    /// All of them.
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
