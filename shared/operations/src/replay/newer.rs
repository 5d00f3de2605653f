//! What newer facts of a buyer decided. A replay of an older fact must not undo it.

use std::collections::BTreeSet;

use domain::app::App;
use domain::id::{BuyerKey, IntegrationId};
use domain::job::Job;
use domain::log::EventRecord;
use domain::page::Page;
use domain::rule::Rule;
use domain::trigger::Trigger;
use domain::verdict::{RuleVerdict, Verdict};

use super::{MOST_NEWER, Replay, Superseded, unconditional};
use crate::firings::Firings;

/// Leaves out the jobs of a buyer that newer facts oppose: facts whose rules ask for the opposite now, or asked for it then
/// in an account that is deleted. `accounts` are those that exist.
pub(super) fn without_superseded(
    mut replay: Replay,
    buyer: BuyerKey,
    newer: &Page<EventRecord>,
    rules: &[Rule],
    accounts: &BTreeSet<IntegrationId>,
) -> Replay {
    let (theirs, mut jobs): (Vec<_>, Vec<_>) =
        replay.jobs.into_iter().partition(|job| job.id.event.buyer == buyer);
    let used: BTreeSet<_> = theirs.iter().map(|job| (job.app, &job.integration)).collect();
    let decided: Vec<(&EventRecord, Job)> = newer
        .items
        .iter()
        .flat_map(|event| decided(event, rules, accounts, &used).into_iter().map(move |job| (event, job)))
        .collect();
    drop(used);
    for job in theirs {
        let opposed = decided.iter().find(|(_, newer)| opposes(newer, &job));
        let reason = match opposed {
            Some((event, newer)) => Some(format!(
                "A newer fact decided this: {} of {}, through rule {}, asks for the opposite.",
                event.detail_type, event.occurred_at, newer.rule
            )),
            None if newer.next.is_some() && job.effect.intent != domain::intent::Intent::Send => {
                Some(format!(
                    "The buyer has more than {MOST_NEWER} newer entries in the log, so it is not known whether one of them \
                 decided this."
                ))
            }
            None => None,
        };
        match reason {
            Some(reason) => {
                let by = opposed.map(|(event, _)| event.id);
                replay.superseded.push(Superseded { job: job.id, by, reason });
            }
            None => jobs.push(job),
        }
    }
    Replay { jobs, ..replay }
}

fn opposes(newer: &Job, job: &Job) -> bool {
    newer.effect.key == job.effect.key
        && newer.effect.intent != job.effect.intent
        && newer.id.event.fact != job.id.event.fact
        && newer.contender().overrules(&job.contender())
}

/// The jobs that an event asks for: by the rules as they are now, and by those that fired then in an account that is
/// deleted, as if they named an account of the same app that is `used` now.
fn decided(
    event: &EventRecord,
    rules: &[Rule],
    accounts: &BTreeSet<IntegrationId>,
    used: &BTreeSet<(App, &IntegrationId)>,
) -> Vec<Job> {
    let mut jobs = Vec::new();
    for trigger in Trigger::ALL.iter().copied() {
        let Ok(firings) = Firings::of(event, trigger) else { continue };
        let rules: Vec<Rule> = rules.iter().filter(|rule| rule.trigger == trigger).cloned().collect();
        jobs.extend(firings.plan(&rules).jobs);
        let verdicts = event.verdicts.get(&trigger).map(Vec::as_slice).unwrap_or_default();
        for rule in rules.iter().filter(|rule| !accounts.contains(&rule.integration)) {
            let lines = lines_fired(verdicts, rule);
            for (_, account) in used.iter().filter(|(app, _)| *app == rule.app) {
                let moved = Rule { integration: (*account).clone(), ..unconditional(rule) };
                let made = firings.each(&moved).jobs;
                jobs.extend(made.into_iter().filter(|job| lines.contains(&job.line.as_deref())));
            }
        }
    }
    jobs
}

/// The lines that a rule fired for.
fn lines_fired<'a>(verdicts: &'a [RuleVerdict], rule: &Rule) -> Vec<Option<&'a str>> {
    let fired = verdicts
        .iter()
        .filter(|judged| judged.rule == rule.id && matches!(judged.verdict, Verdict::Fired { .. }));
    fired.map(|judged| judged.line.as_deref()).collect()
}
