//! Explanations: why each rule of a marketplace did or did not fire for an event, whether the rule was read or not.

use std::collections::BTreeSet;

use domain::digest::DigestSecret;
use domain::id::RuleId;
use domain::log::{EventRecord, Timer};
use domain::rule::Rule;
use domain::trigger::Trigger;
use domain::verdict::RuleVerdict;
use jiff::Timestamp;

use crate::firings::{Firings, RulesByTrigger, Silent};

/// An explanation, apart from the verdicts that are stored with the event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanation {
    /// Rules of triggers that fire and that have no stored verdict.
    pub unread: Vec<Unread>,
    /// Rules whose trigger did not fire.
    pub silent: Vec<SilentRule>,
}

/// The verdicts of a trigger's rules that have no stored verdict, judged now.
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    /// The trigger.
    pub trigger: Trigger,
    /// A verdict for each rule and line without a stored one.
    pub verdicts: Vec<JudgedNow>,
}

/// The verdict on a rule, judged now.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedNow {
    /// The verdict.
    pub judged: RuleVerdict,
    /// The reason why no verdict is stored.
    pub unstored: Unstored,
}

/// The reason why an event has no stored verdict on a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unstored {
    /// The rule was created, or received this trigger and scope, after the engine received the fact.
    Newer,
    /// The rule was not read: it named other products, or had another trigger.
    NotRead,
    /// The event had no room for the verdict.
    NoRoom,
    /// The prospect's timer has not ended: rules are judged when it ends.
    Waits {
        /// When the timer ends, unless the product is bought.
        until: Timestamp,
    },
}

/// A rule whose trigger the event does not fire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentRule {
    /// The rule.
    pub rule: RuleId,
    /// Its trigger.
    pub trigger: Trigger,
    /// The reason.
    pub why: Silent,
}

/// Explains the rules that have no verdict stored with the event: all of them, or `one`. The others are required even
/// for one rule, because rules compete.
pub fn explain(
    event: &EventRecord,
    rules: Vec<Rule>,
    one: Option<&RuleId>,
    secret: &DigestSecret,
) -> Explanation {
    let mut explanation = Explanation::default();
    let is_asked = |rule: &RuleId| one.is_none_or(|one| one == rule);
    let rules: RulesByTrigger = rules.into_iter().collect();
    for trigger in Trigger::ALL.iter().copied() {
        let rules = rules.of(trigger);
        if !rules.iter().any(|rule| is_asked(&rule.id)) {
            continue;
        }
        let verdicts = match Firings::of(event, trigger) {
            Ok(firings) => Ok(judge(event, trigger, &firings, rules, is_asked, secret)),
            Err(Silent::Timer(Some(Timer::Waiting { fires_at, .. }))) => Firings::after_wait(event, trigger)
                .map(|firings| {
                    let unstored = Unstored::Waits { until: fires_at };
                    judged(&firings, rules, |judged| is_asked(&judged.rule), unstored, secret)
                }),
            Err(why) => Err(why),
        };
        match verdicts {
            Ok(verdicts) if verdicts.is_empty() => {}
            Ok(verdicts) => explanation.unread.push(Unread { trigger, verdicts }),
            Err(why) => {
                let asked = rules.iter().filter(|rule| is_asked(&rule.id));
                explanation.silent.extend(asked.map(|rule| SilentRule {
                    rule: rule.id.clone(),
                    trigger,
                    why: why.clone(),
                }));
            }
        }
    }
    explanation
}

/// Judges the requested rules of a trigger that have no stored verdict.
fn judge(
    event: &EventRecord,
    trigger: Trigger,
    firings: &Firings,
    rules: &[Rule],
    is_asked: impl Fn(&RuleId) -> bool,
    secret: &DigestSecret,
) -> Vec<JudgedNow> {
    let stored: BTreeSet<_> = event.verdicts.get(&trigger).into_iter().flatten().map(place).collect();
    let is_cut = event.unstored.contains_key(&trigger);
    let read: BTreeSet<&RuleId> = stored.iter().map(|(rule, _)| *rule).collect();
    let is_wanted = |judged: &RuleVerdict| {
        let is_stored = if is_cut { stored.contains(&place(judged)) } else { read.contains(&judged.rule) };
        is_asked(&judged.rule) && !is_stored
    };
    // Rules compete. Older rules are judged without newer ones, as they were then. Newer rules are judged among all
    // rules, as a replay judges them.
    let (newer, older): (Vec<Rule>, Vec<Rule>) =
        rules.iter().cloned().partition(|rule| rule.is_newer_than(event.judged_at()));
    let newer: BTreeSet<&RuleId> = newer.iter().map(|rule| &rule.id).collect();
    let unstored = if is_cut { Unstored::NoRoom } else { Unstored::NotRead };
    let mut verdicts = judged(firings, &older, is_wanted, unstored, secret);
    let is_newer = |judged: &RuleVerdict| newer.contains(&judged.rule) && is_wanted(judged);
    verdicts.extend(judged(firings, rules, is_newer, Unstored::Newer, secret));
    verdicts
}

/// The requested verdicts.
fn judged(
    firings: &Firings,
    rules: &[Rule],
    is_wanted: impl Fn(&RuleVerdict) -> bool,
    unstored: Unstored,
    secret: &DigestSecret,
) -> Vec<JudgedNow> {
    let draft = firings.draft(rules, secret);
    draft.verdicts().filter(is_wanted).map(|judged| JudgedNow { judged, unstored }).collect()
}

/// The rule and the line of a verdict.
fn place(judged: &RuleVerdict) -> (&RuleId, Option<&str>) {
    (&judged.rule, judged.line.as_deref())
}

#[cfg(test)]
mod tests {
    use domain::verdict::Verdict;
    use serde_json::json;

    use super::*;
    use crate::sample::{self, rule};

    fn explain(event: &EventRecord, rules: Vec<Rule>, one: Option<&RuleId>) -> Explanation {
        super::explain(event, rules, one, &sample::secret())
    }

    #[test]
    fn a_rule_for_other_products_is_explained_and_one_that_was_read_is_not_judged_again() {
        let rules = [
            rule("rul_read", "product_purchased", &["rye"]),
            rule("rul_rye", "product_purchased", &["rye"]),
            rule("rul_refund", "product_refunded", &["sourdough"]),
            rule("rul_upsell", "upsell_purchased", &["sourdough"]),
        ];
        let read = json!([{ "rule": "rul_read", "verdict": { "is": "disabled" } }]);
        let event = sample::event(json!({ "verdicts": { "product_purchased": read } }));
        let explanation = explain(&event, rules.to_vec(), None);
        let [unread] = &explanation.unread[..] else { panic!("{explanation:?}") };
        assert_eq!(unread.trigger, Trigger::ProductPurchased);
        let [judged] = &unread.verdicts[..] else { panic!("{unread:?}") };
        assert_eq!(
            (judged.judged.rule.as_str(), &judged.judged.verdict),
            ("rul_rye", &Verdict::OtherProducts)
        );
        assert_eq!(judged.unstored, Unstored::NotRead);
        let silent: Vec<_> =
            explanation.silent.iter().map(|silent| (silent.rule.as_str(), &silent.why)).collect();
        assert_eq!(silent.len(), 2);
        assert!(silent.contains(&("rul_refund", &Silent::Fact)));
        assert!(silent.contains(&("rul_upsell", &Silent::Fact)));
    }

    #[test]
    fn verdicts_that_the_event_had_no_room_for_are_judged_again_line_by_line() {
        let rules =
            [rule("rul_on", "product_purchased", &["sourdough"]), rule("rul_off", "product_purchased", &[])];
        let stored = json!([{ "rule": "rul_on", "line": "li_9", "verdict": { "is": "disabled" } },
            { "rule": "rul_off", "line": "li_1", "verdict": { "is": "disabled" } }]);
        let fields =
            json!({ "verdicts": { "product_purchased": stored }, "unstored": { "product_purchased": 1 } });
        let explanation = explain(&sample::event(fields), rules.to_vec(), None);
        let [judged] = &explanation.unread[0].verdicts[..] else { panic!("{explanation:?}") };
        assert_eq!((judged.judged.rule.as_str(), judged.judged.line.as_deref()), ("rul_on", Some("li_1")));
        assert!(matches!(judged.judged.verdict, Verdict::Fired { .. }));
        assert_eq!(judged.unstored, Unstored::NoRoom);
    }

    #[test]
    fn a_rule_that_is_newer_than_the_event_is_told_apart_and_takes_nothing_from_older_ones() {
        let at = |id: &str, created_at: &str| {
            let mut rule = rule(id, "product_purchased", &["sourdough"]);
            rule.created_at = created_at.parse().unwrap();
            rule.settings.0.insert("list_id".to_owned(), json!("the same"));
            rule
        };
        // The event was received a second after ten.
        let rules = [at("rul_a", "2026-05-04T10:00:02Z"), at("rul_b", "2026-05-04T10:00:01Z")];
        let explained = |event| {
            let [Unread { verdicts, .. }] = &explain(&event, rules.to_vec(), None).unread[..] else {
                panic!("unread")
            };
            verdicts
                .iter()
                .map(|now| (now.judged.rule.to_string(), now.unstored, now.judged.verdict.clone()))
                .collect::<Vec<_>>()
        };
        let [(older, first, fired), (newer, second, _)] = &explained(sample::event(json!({})))[..] else {
            panic!("two verdicts")
        };
        assert_eq!((older.as_str(), first), ("rul_b", &Unstored::NotRead));
        assert!(matches!(fired, Verdict::Fired { .. }));
        assert_eq!((newer.as_str(), second), ("rul_a", &Unstored::Newer));
    }

    #[test]
    fn one_rule_is_explained_among_the_others_that_it_competes_with() {
        let same = |id: &str| {
            let mut rule = rule(id, "product_purchased", &["sourdough"]);
            rule.settings.0.insert("list_id".to_owned(), json!("the same"));
            rule
        };
        let explained =
            explain(&sample::event(json!({})), vec![same("rul_1"), same("rul_2")], Some(&same("rul_2").id));
        let [Unread { verdicts, .. }] = &explained.unread[..] else { panic!("{explained:?}") };
        let [now] = &verdicts[..] else { panic!("{verdicts:?}") };
        assert_eq!(now.judged.rule.as_str(), "rul_2");
        assert_eq!(now.judged.verdict, Verdict::Duplicate { of: same("rul_1").id });
    }

    #[test]
    fn a_prospect_that_waits_says_until_when_and_what_its_rules_would_do() {
        let rules =
            [rule("rul_1", "prospect_created", &["rye"]), rule("rul_2", "prospect_created", &["sourdough"])];
        let prospect = |timer| sample::event(json!({ "detail_type": "Prospect Created", "timer": timer }));
        let waits = json!({ "state": "waiting", "fires_at": "2026-05-04T12:00:00Z", "name": "prospect-1" });
        let waiting = explain(&prospect(waits), rules.to_vec(), None);
        let [other, fires] = &waiting.unread[0].verdicts[..] else { panic!("{waiting:?}") };
        let until = Unstored::Waits { until: "2026-05-04T12:00:00Z".parse().unwrap() };
        assert_eq!((other.unstored, fires.unstored), (until, until));
        assert_eq!(other.judged.verdict, Verdict::OtherProducts);
        assert!(matches!(fires.judged.verdict, Verdict::Fired { .. }));
        assert!(waiting.silent.is_empty());
    }

    #[test]
    fn a_prospect_whose_wait_is_over_is_judged_by_the_rules_of_that_time() {
        let at = |id: &str, created_at: &str| {
            let rule = rule(id, "prospect_created", &["sourdough"]);
            Rule { created_at: created_at.parse().unwrap(), ..rule }
        };
        let rules = [at("rul_1", "2026-05-04T11:59:59Z"), at("rul_2", "2026-05-04T12:00:01Z")];
        let fired = json!({ "state": "fired", "at": "2026-05-04T12:00:00Z" });
        let explained = explain(
            &sample::event(json!({ "detail_type": "Prospect Created", "timer": fired })),
            rules.to_vec(),
            None,
        );
        let unstored: Vec<_> = explained.unread[0].verdicts.iter().map(|now| now.unstored).collect();
        assert_eq!(unstored, [Unstored::NotRead, Unstored::Newer]);
    }

    #[test]
    fn a_prospect_that_joined_another_is_silent() {
        let joined =
            json!({ "state": "joined", "name": "prospect-1", "event": format!("evt_{}", "0".repeat(42)) });
        let event = sample::event(json!({ "detail_type": "Prospect Created", "timer": joined }));
        let explained = explain(&event, vec![rule("rul_1", "prospect_created", &[])], None);
        assert!(matches!(explained.silent[0].why, Silent::Timer(Some(Timer::Joined { .. }))));
    }
}
