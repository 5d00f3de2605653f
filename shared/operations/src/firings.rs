//! What a stored event fires, as the triggers' own definitions say.

use domain::fact::Fact;
use domain::firing::Subject;
use domain::log::{EventRecord, Timer};
use domain::manifest::Catalog;
use domain::plan::{self, Input, Plan};
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
    pub fn plan(&self, rules: &[Rule]) -> Plan {
        self.plan_for(&self.subjects, rules)
    }

    /// Judges a rule for each thing that fired by itself, so that nothing competes with it.
    pub fn each(&self, rule: &Rule) -> Plan {
        let mut all = Plan::default();
        for subject in &self.subjects {
            let plan = self.plan_for(&[*subject], std::slice::from_ref(rule));
            all.verdicts.extend(plan.verdicts);
            all.jobs.extend(plan.jobs);
        }
        all
    }

    fn plan_for(&self, firings: &[Subject], rules: &[Rule]) -> Plan {
        plan::plan(Input {
            fact: &self.fact,
            detail: &self.detail,
            received_at: self.received_at,
            trigger: self.trigger,
            firings,
            rules,
            catalog: Catalog::built_in(),
        })
    }
}
