//! What a rule would have done with the events that are stored, without doing any of it.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{BuyerKey, EventId};
use domain::job::Job;
use domain::log::EventRecord;
use domain::rule::Rule;
use domain::settings::Settings;
use domain::verdict::{RuleVerdict, Verdict};

use crate::firings::Firings;

/// As many jobs are shown.
const MOST_PREVIEWS: usize = 3;

/// What a rule would have done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DryRun {
    /// How many events were looked at.
    pub events: usize,
    /// For how many of them the rule's trigger fires.
    pub concerned: usize,
    /// How often the rule would have fired: once for each line, or order.
    pub fired: usize,
    /// How many actions it would have sent.
    pub jobs: usize,
    /// For how many buyers.
    pub buyers: usize,
    /// Why it would not have fired, how often, and the first example of each.
    pub failed: BTreeMap<Cause, Failed>,
    /// The first actions.
    pub previews: Vec<Preview>,
}

/// A reason not to fire, as dry runs count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// It names other products.
    OtherProducts,
    /// That condition did not hold.
    Condition(usize),
    /// It asks for the same for another line.
    Duplicate,
    /// Another rule asks for the opposite.
    Superseded,
    /// The app does not offer what it says.
    NotOffered,
    /// It is switched off.
    Disabled,
}

/// How often a rule did not fire for one reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// How often.
    pub count: usize,
    /// The newest event.
    pub event: EventId,
    /// What was made of the rule there.
    pub example: RuleVerdict,
}

/// An action that would have been sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The event that asks for it.
    pub event: EventId,
    /// The order line, where there is one.
    pub line: Option<String>,
    /// What the action is told.
    pub settings: Settings,
    /// The contact's address, with little of it left.
    pub contact: String,
}

/// Judges a rule by itself against events, as if it were switched on.
pub fn dry_run(rule: &Rule, events: &[EventRecord]) -> DryRun {
    let rule = [Rule { enabled: true, ..rule.clone() }];
    let mut run = DryRun { events: events.len(), ..DryRun::default() };
    let mut buyers: BTreeSet<BuyerKey> = BTreeSet::new();
    for event in events {
        let Ok(firings) = Firings::of(event, rule[0].trigger) else { continue };
        run.concerned += 1;
        let draft = firings.draft(&rule);
        for judged in draft.verdicts() {
            match cause(&judged.verdict) {
                Ok(jobs) => {
                    run.fired += 1;
                    run.jobs += jobs;
                    buyers.insert(event.id.buyer);
                }
                Err(cause) => {
                    let first = Failed { count: 0, event: event.id, example: judged };
                    run.failed.entry(cause).or_insert(first).count += 1;
                }
            }
        }
        let wanted = MOST_PREVIEWS - run.previews.len();
        run.previews.extend(draft.jobs().take(wanted).map(preview));
    }
    run.buyers = buyers.len();
    run
}

/// How many jobs a rule has that fired, or why it did not.
fn cause(verdict: &Verdict) -> Result<usize, Cause> {
    Err(match verdict {
        Verdict::Fired { jobs } => return Ok(jobs.len()),
        Verdict::Disabled => Cause::Disabled,
        Verdict::OtherProducts => Cause::OtherProducts,
        Verdict::ConditionFailed { number, .. } => Cause::Condition(*number),
        Verdict::Duplicate { .. } => Cause::Duplicate,
        Verdict::Superseded { .. } => Cause::Superseded,
        Verdict::NotOffered { .. } => Cause::NotOffered,
    })
}

fn preview(job: Job) -> Preview {
    Preview {
        event: job.id.event,
        line: job.line,
        settings: job.settings,
        contact: redacted(&job.contact.email),
    }
}

/// An address with the first letter of its name and its domain: "a***@example.com".
pub fn redacted(email: &str) -> String {
    let (name, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}***@{domain}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample::{self, rule};

    #[test]
    fn a_dry_run_counts_what_would_have_fired_and_for_whom() {
        let events = [
            sample::event(json!({})),
            sample::event(json!({ "detail_type": "Charge Refunded" })),
            sample::event(json!({})),
        ];
        let run = dry_run(&rule("rul_1", "product_purchased", &["sourdough"]), &events);
        assert_eq!((run.events, run.concerned, run.fired, run.jobs, run.buyers), (3, 2, 2, 2, 1));
        assert!(run.failed.is_empty());
        assert_eq!(run.previews[0].contact, "a***@example.com");
        assert_eq!(run.previews[0].settings.text("list_id"), Some("rul_1"));
    }

    #[test]
    fn what_does_not_fire_is_counted_by_reason_with_an_example() {
        let mut picky = rule("rul_1", "product_purchased", &["sourdough"]);
        picky.conditions = serde_json::from_value(json!([
            { "field": "currency", "operator": "equals", "value": "USD" },
            { "field": "coupon_code", "operator": "equals", "value": "SPRING" },
        ]))
        .unwrap();
        let run = dry_run(&picky, &[sample::event(json!({})), sample::event(json!({}))]);
        assert_eq!((run.fired, run.failed.len()), (0, 1));
        let failed = &run.failed[&Cause::Condition(2)];
        assert_eq!(failed.count, 2);
        assert!(matches!(&failed.example.verdict, Verdict::ConditionFailed { number: 2, .. }));
    }

    #[test]
    fn a_rule_that_is_off_is_judged_as_if_it_were_on_and_three_actions_are_shown() {
        let off = Rule { enabled: false, ..rule("rul_1", "product_purchased", &["sourdough"]) };
        let events: Vec<_> = (0..5).map(|_| sample::event(json!({}))).collect();
        let run = dry_run(&off, &events);
        assert_eq!((run.fired, run.previews.len()), (5, 3));
    }

    #[test]
    fn little_is_left_of_an_address() {
        assert_eq!(redacted("élodie@example.com"), "é***@example.com");
        assert_eq!(redacted("nobody"), "n***@");
    }
}
