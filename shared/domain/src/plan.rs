//! The planner. Its input is a fact, the firings and the rules; its output is a verdict on every rule and the jobs to
//! send.
//!
//! It is pure, so that a dry run, an explanation and a replay use the same function.

mod asked;
mod decided;
mod input;
mod part;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use self::decided::Pair;
use self::part::{Fired, Part};
use crate::fact::{Body, Fact};
use crate::firing::Subject;
use crate::id::{EffectKey, ProductId};
use crate::intent::Intent;
use crate::job::Job;
use crate::manifest::Action;
use crate::payload::Payload;
use crate::rule::{Rule, Scope};
use crate::verdict::{LeftOut, Loss, Missing, RuleVerdict, Verdict};

pub use self::asked::Withdrawal;
pub use self::decided::Decided;
pub use self::input::{Input, event_id};
pub(crate) use self::part::{Targets, switch};

/// A plan whose verdicts and jobs are computed one by one: a fact with a hundred lines and a thousand rules has more of
/// them than fit into a function's memory.
#[derive(Debug)]
pub struct Draft<'a> {
    input: Input<'a>,
    /// The winning part of each effect.
    winners: HashMap<EffectKey, Winner>,
    /// The rules that have at least one job.
    acting: HashSet<Pair>,
}

/// The part of a rule that gets an effect, among all parts that request it.
#[derive(Debug, Clone, Copy)]
struct Winner {
    place: Pair,
    part: usize,
    intent: Intent,
    /// The latest time of the parts that request the same: one job acts for all of them.
    at: Timestamp,
}

impl<'a> Input<'a> {
    /// Every rule for every firing.
    fn places(self) -> impl Iterator<Item = Pair> {
        let rules = self.rules.len();
        (0..self.firings.len()).flat_map(move |firing| (0..rules).map(move |rule| Pair { firing, rule }))
    }

    fn at(&self, place: Pair) -> (&'a Rule, Subject) {
        (&self.rules[place.rule], self.firings[place.firing])
    }

    fn judge(self, place: Pair) -> Result<Fired<'a>, Verdict> {
        let (rule, subject) = self.at(place);
        judge(&self, rule, subject).map(|action| Fired::new(self, rule, subject, action))
    }

    /// The id of the line that a job is about, if its trigger fires per line.
    pub fn line(&self, decided: &Decided) -> Option<String> {
        part::line(self, self.firings[decided.place.firing])
    }

    /// The requests of all rules without competition: as if each rule had no conditions, was enabled, and was judged
    /// alone for each firing.
    pub fn asked(self) -> impl Iterator<Item = Decided> {
        self.places().flat_map(move |place| {
            let (rule, subject) = self.at(place);
            let action = in_scope(&self, rule, subject).and_then(|()| action(&self, rule));
            let Ok(action) = action else { return Vec::new() };
            let fired = Fired::new(self, rule, subject, action);
            fired.parts().map(|part| fired.decided(place, &part, fired.at(&part))).collect()
        })
    }

    /// Builds jobs one by one. Consecutive jobs of one rule and firing cost least.
    pub fn jobs(self, decided: impl IntoIterator<Item = Decided>) -> impl Iterator<Item = Job> {
        let detail = self.detail;
        let mut latest: Option<(Pair, Fired<'a>)> = None;
        // All messages about one line share its payload.
        let mut shared: Option<(Subject, Option<Payload>)> = None;
        let mut payload = move |subject: Subject| match &shared {
            Some((of, payload)) if *of == subject => payload.clone(),
            _ => {
                let payload = match subject {
                    Subject::Whole => Payload::of(detail),
                    Subject::Line(index) => Payload::of_line(detail, index),
                };
                shared.insert((subject, payload)).1.clone()
            }
        };
        decided.into_iter().filter_map(move |decided| {
            let place = decided.place;
            if latest.as_ref().is_none_or(|(of, _)| *of != place) {
                let (rule, subject) = self.at(place);
                let action = action(&self, rule).ok()?;
                latest = Some((place, Fired::new(self, rule, subject, action)));
            }
            let (_, fired) = latest.as_ref()?;
            Some(fired.job(&decided, &mut payload))
        })
    }
}

/// Decides which rules fire and which of them gets which effect.
pub fn draft(input: Input<'_>) -> Draft<'_> {
    let mut winners: HashMap<EffectKey, Winner> = HashMap::new();
    for place in input.places() {
        let Ok(fired) = input.judge(place) else { continue };
        for part in fired.parts() {
            let entry = Winner { place, part: part.number, intent: part.effect.intent, at: fired.at(&part) };
            let winner = winners.entry(part.effect.key).or_insert(entry);
            if winner.intent == entry.intent {
                winner.at = winner.at.max(entry.at);
            } else if entry.intent == Intent::Off {
                // The first part gets the effect, unless a later part removes what the first one adds.
                *winner = entry;
            }
        }
    }
    let acting = winners.values().map(|winner| winner.place).collect();
    Draft { input, winners, acting }
}

impl Draft<'_> {
    /// The verdict on every rule, for every firing.
    pub fn verdicts(&self) -> impl Iterator<Item = RuleVerdict> {
        self.input.places().map(|place| {
            let (rule, subject) = self.input.at(place);
            match self.input.judge(place) {
                Ok(fired) => self.verdict(place, &fired),
                Err(verdict) => RuleVerdict {
                    rule: rule.id.clone(),
                    line: part::line(&self.input, subject),
                    verdict,
                    left_out: Vec::new(),
                },
            }
        })
    }

    /// The jobs to send, before they are built.
    pub fn decided(&self) -> impl Iterator<Item = Decided> {
        self.input.places().filter(|place| self.acting.contains(place)).flat_map(move |place| {
            let Ok(fired) = self.input.judge(place) else { return Vec::new() };
            let won = fired.parts().filter(|part| self.loss(place, part).is_none());
            won.map(|part| fired.decided(place, &part, self.winners[&part.effect.key].at)).collect()
        })
    }

    /// The jobs to send, built.
    pub fn jobs(&self) -> impl Iterator<Item = Job> {
        self.input.jobs(self.decided())
    }

    /// The reason why a part does not get its effect; `None` if it does.
    fn loss(&self, place: Pair, part: &Part) -> Option<Loss> {
        let winner = &self.winners[&part.effect.key];
        if (winner.place, winner.part) == (place, part.number) {
            return None;
        }
        let rule = self.input.rules[winner.place.rule].id.clone();
        Some(if winner.intent == part.effect.intent {
            Loss::Duplicate { of: rule }
        } else {
            Loss::Superseded { by: rule }
        })
    }

    fn verdict(&self, place: Pair, fired: &Fired<'_>) -> RuleVerdict {
        let (mut jobs, mut left_out) = (Vec::new(), Vec::new());
        for part in fired.parts() {
            match self.loss(place, &part) {
                None => jobs.push(fired.id(&part)),
                Some(why) => {
                    let (target, recipient) = (fired.target(&part), fired.recipient(&part));
                    left_out.push(LeftOut { target, recipient, why });
                }
            }
        }
        let verdict = match left_out.first() {
            Some(first) if jobs.is_empty() => {
                let verdict = Verdict::from(first.why.clone());
                // If all parts have the same reason, it is the rule's own.
                if left_out.iter().all(|part| part.why == first.why) {
                    left_out.clear();
                }
                verdict
            }
            _ => Verdict::Fired { jobs },
        };
        RuleVerdict { rule: fired.rule.id.clone(), line: fired.line(), verdict, left_out }
    }
}

/// Judges one rule: returns the action to perform, or the verdict with the reason.
fn judge<'a>(input: &Input<'a>, rule: &Rule, subject: Subject) -> Result<&'a Action, Verdict> {
    in_scope(input, rule, subject)?;
    if !rule.enabled {
        return Err(Verdict::Disabled);
    }
    let action = action(input, rule)?;
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

fn in_scope(input: &Input<'_>, rule: &Rule, subject: Subject) -> Result<(), Verdict> {
    let Scope::Products { products } = &rule.scope else { return Ok(()) };
    let concerned = subject.products(input.fact);
    let is_named = products.iter().any(|product| concerned.contains(&product));
    if is_named { Ok(()) } else { Err(Verdict::OtherProducts) }
}

/// The action of a rule, if its app offers it for the trigger.
fn action<'a>(input: &Input<'a>, rule: &Rule) -> Result<&'a Action, Verdict> {
    let Some(manifest) = input.catalog.manifest(rule.app) else {
        return Err(not_offered(Missing::App, format!("{} is not deployed", rule.app.label())));
    };
    let Some(action) = manifest.action(&rule.action) else {
        return Err(not_offered(Missing::Action, format!("{} has no action `{}`", rule.app, rule.action)));
    };
    if !manifest.offers(action, input.trigger) {
        let what =
            format!("{} does not offer {} for {}", rule.app.label(), action.label, input.trigger.label());
        return Err(not_offered(Missing::Trigger, what));
    }
    Ok(action)
}

fn not_offered(missing: Missing, what: String) -> Verdict {
    Verdict::NotOffered { missing, what }
}

/// Whether a fact proves that a buyer has bought a product, so that the prospect's trigger does not fire.
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
