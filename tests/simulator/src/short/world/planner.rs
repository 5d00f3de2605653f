//! Publishing: the shipped definitions of triggers and the shipped planner, in the order of a trigger function.

use std::collections::{BTreeMap, BTreeSet};

use domain::firing::Subject;
use domain::id::ProductId;
use domain::job::Job;
use domain::manifest::Catalog;
use domain::plan::{self, Input};
use domain::rule::{Rule, Scope};
use domain::run::{Rerun, RunId};
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use jiff::Timestamp;
use triggers::definition::Definition;
use triggers::registry::DEFINITIONS;

use super::{World, shop};
use crate::coverage;
use crate::short::facts::{FactSpec, Received};
use crate::short::state::{Attempts, Event, job_name};

impl World {
    /// A fact reaches its triggers. If they die, they have sent their jobs and stored no verdicts.
    pub(super) fn publish(&mut self, fact: usize, dies: bool) {
        let Some(spec) = self.facts.get(fact).cloned() else { return };
        self.note(|| format!("fact {fact} is published: {spec:?}"));
        // A fact that is dated ahead is ordered by the time of its receipt, which a trigger that dies does not store.
        let dies = dies && spec.occurred_at() <= self.shared.now();
        let received = spec.received();
        let Received { fact: read, detail, event: id } = &*received;
        let id = *id;
        let known = self.shared.state.borrow().events.get(&id).cloned();
        if known.is_none() && self.is_erased(id.buyer, spec.occurred_at()) {
            return;
        }
        let now = self.shared.now();
        let mut event =
            known.unwrap_or(Event { fact, received_at: now, decided: BTreeSet::new(), died: false });
        event.died = dies;
        for definition in DEFINITIONS.iter().filter(|definition| definition.fact == read.kind()) {
            let firings = (definition.fires)(read);
            if firings.is_empty() || event.decided.contains(&definition.trigger) {
                continue;
            }
            let products: BTreeSet<&ProductId> =
                firings.iter().flat_map(|subject| subject.products(read)).collect();
            let is_read = |rule: &&Rule| {
                let is_read = match &rule.scope {
                    Scope::Global => true,
                    Scope::Products { products: named } => named.iter().any(|one| products.contains(one)),
                };
                rule.trigger == definition.trigger && is_read
            };
            let rules: Vec<Rule> = self.shared.state.borrow().rules.iter().filter(is_read).cloned().collect();
            let input = Input {
                fact: read,
                event: id,
                secret: shop::secret(),
                detail,
                received_at: event.received_at,
                trigger: definition.trigger,
                firings: &firings,
                rules: &rules,
                catalog: Catalog::get(),
            };
            let draft = plan::draft(input);
            let (jobs, verdicts): (Vec<Job>, Vec<_>) = (draft.jobs().collect(), draft.verdicts().collect());
            self.check_verdicts(definition, &firings, rules.len(), &jobs, &verdicts);
            self.check_jobs(&spec, definition.trigger, &jobs, event.received_at);
            for job in jobs {
                let number = self.number(&job);
                self.send(number, job);
            }
            if !dies {
                event.decided.insert(definition.trigger);
            }
        }
        self.shared.state.borrow_mut().events.insert(id, event);
    }

    /// Lambda retries the triggers that died.
    pub(super) fn retry_triggers(&mut self) {
        let died: Vec<_> = self
            .shared
            .state
            .borrow()
            .events
            .values()
            .filter(|event| event.died)
            .map(|event| event.fact)
            .collect();
        for fact in died {
            self.publish(fact, false);
        }
    }

    /// Every rule has a verdict for every firing, and the verdicts name every job.
    fn check_verdicts(
        &self,
        definition: &Definition,
        firings: &[Subject],
        rules: usize,
        jobs: &[Job],
        verdicts: &[domain::verdict::RuleVerdict],
    ) {
        let mut named = BTreeSet::new();
        for verdict in verdicts {
            if let Verdict::Fired { jobs } = &verdict.verdict {
                named.extend(jobs.iter().copied());
            }
            self.shared.state.borrow_mut().reached.insert(coverage::verdict(&verdict.verdict));
        }
        let sent: BTreeSet<_> = jobs.iter().map(|job| job.id).collect();
        if verdicts.len() != firings.len() * rules || named != sent {
            let trigger = definition.trigger;
            self.shared.breaks(|| format!("{trigger}: the verdicts name {named:?}, and {sent:?} were sent"));
        }
    }

    /// The jobs are those that the shop's rules ask for, ordered by the earlier of the fact's time and its receipt.
    fn check_jobs(&self, spec: &FactSpec, trigger: Trigger, jobs: &[Job], received_at: Timestamp) {
        let mut planned: BTreeMap<&str, usize> = BTreeMap::new();
        for job in jobs {
            *planned.entry(job.action.as_str()).or_default() += 1;
        }
        let state = self.shared.state.borrow();
        let expected = shop::expected(&state.rules, trigger, spec.products());
        let differs = || format!("{trigger} planned {planned:?}, and its rules ask for {expected:?}");
        let differs = (planned != expected).then(differs);
        drop(state);
        if let Some(differs) = differs {
            self.shared.breaks(|| differs);
        }
        if let Some(job) = jobs.iter().find(|job| job.ordered_at != job.occurred_at.min(received_at)) {
            self.shared.breaks(|| format!("{} is ordered by {}", job.id, job.ordered_at));
        }
    }

    /// The job's number. A job that was sent before has the same effect.
    fn number(&mut self, job: &Job) -> usize {
        let mut state = self.shared.state.borrow_mut();
        if let Some(number) = state.numbered.get(&job.id).copied() {
            let same =
                state.jobs[number].effect == job.effect && state.jobs[number].ordered_at == job.ordered_at;
            drop(state);
            if !same {
                self.shared
                    .breaks(|| format!("{} was planned twice, with different effects", job_name(number)));
            }
            return number;
        }
        let number = state.jobs.len();
        state.numbered.insert(job.id, number);
        state.jobs.push(job.clone());
        state.calls.push(0);
        let now = state.now;
        state.written_at.push(now);
        state.began_at.push(now);
        state.not_before.push(None);
        state.forced.push(0);
        state.attempts.push(Attempts::default());
        number
    }

    /// An operator requests that the jobs of a fact run again.
    pub(super) fn replay(&mut self, fact: usize, forced: bool) {
        let Some(spec) = self.facts.get(fact) else { return };
        let id = spec.received().event;
        if !self.shared.state.borrow().events.contains_key(&id) {
            return;
        }
        self.note(|| format!("fact {fact} is replayed{}", if forced { ", forced" } else { "" }));
        let run = RunId::new(self.shared.now(), &self.shared.unique());
        let state = self.shared.state.borrow();
        let of_fact = |(number, job): (usize, &Job)| (job.id.event == id).then(|| (number, job.clone()));
        let jobs: Vec<_> = state.jobs.iter().enumerate().filter_map(of_fact).collect();
        drop(state);
        for (number, job) in jobs {
            self.shared.state.borrow_mut().forced[number] += usize::from(forced);
            let rerun = Some(Rerun { run: run.clone(), forced, as_sent: false });
            self.send(number, Job { rerun, ..job });
        }
    }
}
