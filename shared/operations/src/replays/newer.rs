//! Decisions of a buyer's newer facts, which a replay of an older fact must not undo.

use std::collections::{BTreeMap, BTreeSet};

use domain::app::App;
use domain::digest::DigestSecret;
use domain::effect::Contender;
use domain::id::{BuyerKey, EffectKey, IntegrationId, RuleId};
use domain::log::EventRecord;
use domain::page::Page;
use domain::rule::Rule;
use domain::trigger::Trigger;
use domain::verdict::Verdict;

use super::{MOST_NEWER, Replay, Superseded, switches};
use crate::firings::{Firings, RulesByTrigger};

/// Excludes the jobs of a buyer that newer facts oppose: facts whose rules request the opposite now, or requested it
/// then in an account that is deleted. `accounts` are the existing accounts.
pub(super) fn without_superseded(
    mut replay: Replay,
    buyer: BuyerKey,
    newer: &Page<EventRecord>,
    accounts: &BTreeSet<IntegrationId>,
) -> Replay {
    let decided = Newer::of(&replay, buyer, accounts).decided(&newer.items, &replay.secret);
    for again in replay.again.iter_mut().filter(|again| again.is_of(buyer)) {
        again.jobs.retain(|job| {
            let mut theirs = decided.get(&job.effect).into_iter().flatten();
            let opposed = theirs.find(|newer| newer.opposes(&job.contender));
            let reason = match opposed {
                Some(Decision { event, rule, .. }) => format!(
                    "A newer event decided this: {} of {}, through rule {rule}, asks for the opposite.",
                    event.detail_type, event.occurred_at
                ),
                None if newer.next.is_some() && switches(job) => format!(
                    "The buyer has more than {MOST_NEWER} newer entries in the log, so it is not known whether one of \
                     them decided this."
                ),
                None => return true,
            };
            let by = opposed.map(|decision| decision.event.id);
            replay.superseded.push(Superseded { job: job.id(), by, reason });
            false
        });
    }
    replay.again.retain(|again| !again.jobs.is_empty());
    replay
}

/// The decision of a newer fact.
struct Decision<'a> {
    event: &'a EventRecord,
    rule: RuleId,
    contender: Contender,
}

impl Decision<'_> {
    fn opposes(&self, job: &Contender) -> bool {
        self.contender.intent != job.intent
            && self.contender.job.event.fact != job.job.event.fact
            && self.contender.overrules(job)
    }
}

/// The criteria to read newer facts with.
struct Newer {
    /// The effects of the buyer's jobs that set or remove something.
    effects: BTreeSet<EffectKey>,
    /// The rules of the accounts in which the jobs act.
    now: RulesByTrigger,
    /// The rules of deleted accounts of the same apps, as if they named the jobs' accounts.
    then: RulesByTrigger,
}

impl Newer {
    fn of(replay: &Replay, buyer: BuyerKey, accounts: &BTreeSet<IntegrationId>) -> Self {
        let mut effects = BTreeSet::new();
        let mut used: BTreeSet<(App, &IntegrationId)> = BTreeSet::new();
        for again in replay.again.iter().filter(|again| again.is_of(buyer)) {
            let rules = replay.rules.of(again.trigger);
            for job in again.jobs.iter().filter(|job| switches(job)) {
                let rule = &rules[job.rule()];
                effects.insert(job.effect);
                used.insert((rule.app, &rule.integration));
            }
        }
        let is_used = |rule: &&Rule| used.contains(&(rule.app, &rule.integration));
        let deleted = replay.rules.all().filter(|rule| !accounts.contains(&rule.integration));
        let moved = deleted.flat_map(|rule| {
            let to = used.iter().filter(|(app, _)| *app == rule.app);
            to.map(|(_, account)| Rule { integration: (*account).clone(), ..rule.clone() })
        });
        Self { now: replay.rules.all().filter(is_used).cloned().collect(), then: moved.collect(), effects }
    }

    /// The decisions of events on these effects.
    fn decided<'a>(
        &self,
        events: &'a [EventRecord],
        secret: &DigestSecret,
    ) -> BTreeMap<EffectKey, Vec<Decision<'a>>> {
        let mut decided: BTreeMap<EffectKey, Vec<Decision<'a>>> = BTreeMap::new();
        for event in events {
            for trigger in Trigger::ALL.iter().copied() {
                let (now, then) = (self.now.of(trigger), self.then.of(trigger));
                if now.is_empty() && then.is_empty() {
                    continue;
                }
                let Ok(firings) = Firings::of(event, trigger) else { continue };
                let draft = firings.draft(now, secret);
                let verdicts = event.verdicts.get(&trigger).map(Vec::as_slice).unwrap_or_default();
                let moved = firings.input(then, secret);
                let fired = |rule: &Rule, line: Option<String>| {
                    let mut of_rule =
                        verdicts.iter().filter(|judged| judged.rule == rule.id && judged.line == line);
                    of_rule.any(|judged| matches!(judged.verdict, Verdict::Fired { .. }))
                };
                let by_now = draft.decided().map(|job| (job, &now[job.rule()]));
                let by_then = moved.asked().map(|job| (job, &then[job.rule()]));
                let by_then = by_then.filter(|(job, rule)| fired(rule, moved.line(job)));
                for (job, rule) in by_now.chain(by_then).filter(|(job, _)| self.effects.contains(&job.effect))
                {
                    let decision = Decision { event, rule: rule.id.clone(), contender: job.contender };
                    decided.entry(job.effect).or_default().push(decision);
                }
            }
        }
        decided
    }
}
