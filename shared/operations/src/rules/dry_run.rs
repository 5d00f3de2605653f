//! Dry runs: the actions that a rule would have requested for stored events. Nothing is sent.

use std::collections::{BTreeMap, BTreeSet};

use domain::digest::DigestSecret;
use domain::id::{BuyerKey, EventId};
use domain::job::Job;
use domain::log::EventRecord;
use domain::rule::Rule;
use domain::settings::Settings;
use domain::verdict::{RuleVerdict, Verdict};

use crate::firings::Firings;

/// The maximum number of actions that are returned.
const MOST_PREVIEWS: usize = 3;

/// The result of a dry run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DryRun {
    /// The number of events that were read.
    pub events: usize,
    /// The number of events that fire the rule's trigger.
    pub concerned: usize,
    /// The number of times that the rule would have fired: once per order line, or once per order.
    pub fired: usize,
    /// The number of actions that would have been sent.
    pub jobs: usize,
    /// The number of buyers with such actions.
    pub buyers: usize,
    /// The reasons why the rule would not have fired, with their numbers and the first example of each.
    pub failed: BTreeMap<Cause, Failed>,
    /// The first actions that would have been sent.
    pub previews: Vec<Preview>,
}

/// A reason why a rule does not fire, as dry runs group them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The rule names other products.
    OtherProducts,
    /// The condition with this number, counted from 1, does not hold.
    Condition(usize),
    /// The rule requests the same action for another line.
    Duplicate,
    /// Another rule requests the opposite.
    Superseded,
    /// The app does not offer the rule's action.
    NotOffered,
    /// The rule is disabled.
    Disabled,
}

/// The occurrences of a reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// The number of occurrences.
    pub count: usize,
    /// The newest event with this reason.
    pub event: EventId,
    /// The verdict on the rule for that event.
    pub example: RuleVerdict,
}

/// An action that would have been sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The event that leads to the action.
    pub event: EventId,
    /// The order line, if the trigger fires per line.
    pub line: Option<String>,
    /// The settings that the action would be sent with.
    pub settings: Settings,
    /// The contact's address, masked by [`redacted`].
    pub contact: String,
}

/// Judges a rule for events as if it were enabled, without the other rules.
pub fn dry_run(rule: &Rule, events: &[EventRecord], secret: &DigestSecret) -> DryRun {
    let rule = [Rule { enabled: true, ..rule.clone() }];
    let mut run = DryRun { events: events.len(), ..DryRun::default() };
    let mut buyers: BTreeSet<BuyerKey> = BTreeSet::new();
    for event in events {
        let Ok(firings) = Firings::of(event, rule[0].trigger) else { continue };
        run.concerned += 1;
        let draft = firings.draft(&rule, secret);
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

/// The number of actions if the rule fired, or else the reason why it did not.
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

/// Masks an address except the first letter of its name and its domain: "a***@example.com".
pub fn redacted(email: &str) -> String {
    let (name, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}***@{domain}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn dry_run(rule: &Rule, events: &[EventRecord]) -> DryRun {
        super::dry_run(rule, events, &sample::secret())
    }
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
        assert_eq!(redacted("name"), "n***@");
    }
}
