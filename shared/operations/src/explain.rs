//! Why each rule of a marketplace did or did not fire for an event, whether it was read or not.

use std::collections::BTreeSet;

use domain::id::RuleId;
use domain::log::{EventRecord, Timer};
use domain::rule::Rule;
use domain::trigger::Trigger;
use domain::verdict::RuleVerdict;
use jiff::Timestamp;

use crate::firings::{Firings, Silent};

/// What can be said beyond the verdicts that are stored with the event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanation {
    /// Rules of triggers that fire and that have no stored verdict.
    pub unread: Vec<Unread>,
    /// Rules whose trigger did not fire.
    pub silent: Vec<SilentRule>,
}

/// What rules of a trigger without a stored verdict make of the event now.
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    /// The trigger.
    pub trigger: Trigger,
    /// A verdict for each thing that fired and has none stored.
    pub verdicts: Vec<JudgedNow>,
}

/// What a rule makes of the event now.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedNow {
    /// The verdict.
    pub judged: RuleVerdict,
    /// Why none is stored.
    pub unstored: Unstored,
}

/// Why an event has no stored verdict on a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unstored {
    /// The rule was created after the engine received the fact.
    Newer,
    /// The rule was not read: it named other products, or had another trigger.
    NotRead,
    /// The event had no room for the verdict.
    NoRoom,
    /// The prospect's wait is not over: rules are judged when it ends.
    Waits {
        /// When that is, unless the product is bought.
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
    /// Why it does not fire.
    pub why: Silent,
}

/// Explains every one of `rules` that has no verdict stored with the event.
pub fn explain(event: &EventRecord, rules: &[Rule]) -> Explanation {
    let mut explanation = Explanation::default();
    for trigger in Trigger::ALL.iter().copied() {
        let rules: Vec<Rule> = rules.iter().filter(|rule| rule.trigger == trigger).cloned().collect();
        if rules.is_empty() {
            continue;
        }
        let judged = match Firings::of(event, trigger) {
            Ok(firings) => Ok(judge(event, trigger, &firings, rules)),
            Err(Silent::Timer(Some(Timer::Waiting { fires_at, .. }))) => {
                let unstored = Unstored::Waits { until: fires_at };
                Firings::after_wait(event, trigger)
                    .map(|firings| judged(firings.plan(&rules).verdicts, unstored).collect())
                    .map_err(|why| (why, rules))
            }
            Err(why) => Err((why, rules)),
        };
        match judged {
            Ok(verdicts) if verdicts.is_empty() => {}
            Ok(verdicts) => explanation.unread.push(Unread { trigger, verdicts }),
            Err((why, rules)) => explanation.silent.extend(rules.into_iter().map(|rule| SilentRule {
                rule: rule.id,
                trigger,
                why: why.clone(),
            })),
        }
    }
    explanation
}

/// Judges the rules of a trigger that have no stored verdict.
fn judge(event: &EventRecord, trigger: Trigger, firings: &Firings, rules: Vec<Rule>) -> Vec<JudgedNow> {
    let stored: BTreeSet<_> = event.verdicts.get(&trigger).into_iter().flatten().map(place).collect();
    let is_cut = event.unstored.contains_key(&trigger);
    let is_stored = |judged: &RuleVerdict| {
        let of_this_rule = |(rule, _): &(&RuleId, Option<&str>)| **rule == judged.rule;
        if is_cut { stored.contains(&place(judged)) } else { stored.iter().any(of_this_rule) }
    };
    let newer: BTreeSet<RuleId> = rules
        .iter()
        .filter(|rule| rule.is_newer_than(event.judged_at()))
        .map(|rule| rule.id.clone())
        .collect();
    // Rules compete. The older ones are judged without the newer ones, as they were then; the newer ones among all rules, as
    // a replay judges them.
    let mut among_all = firings.plan(&rules).verdicts;
    among_all.retain(|judged| newer.contains(&judged.rule) && !is_stored(judged));
    let older: Vec<Rule> = rules.into_iter().filter(|rule| !newer.contains(&rule.id)).collect();
    let mut among_older = firings.plan(&older).verdicts;
    among_older.retain(|judged| !is_stored(judged));
    let unstored = if is_cut { Unstored::NoRoom } else { Unstored::NotRead };
    judged(among_older, unstored).chain(judged(among_all, Unstored::Newer)).collect()
}

fn judged(verdicts: Vec<RuleVerdict>, unstored: Unstored) -> impl Iterator<Item = JudgedNow> {
    verdicts.into_iter().map(move |judged| JudgedNow { judged, unstored })
}

/// What a verdict is about.
fn place(judged: &RuleVerdict) -> (&RuleId, Option<&str>) {
    (&judged.rule, judged.line.as_deref())
}

#[cfg(test)]
mod tests {
    use domain::verdict::Verdict;
    use serde_json::json;

    use super::*;
    use crate::sample::{self, rule};

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
        let explanation = explain(&event, &rules);
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
        let explanation = explain(&sample::event(fields), &rules);
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
            let [Unread { verdicts, .. }] = &explain(&event, &rules).unread[..] else { panic!("unread") };
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
    fn a_prospect_that_waits_says_until_when_and_what_its_rules_would_do() {
        let rules =
            [rule("rul_1", "prospect_created", &["rye"]), rule("rul_2", "prospect_created", &["sourdough"])];
        let prospect = |timer| sample::event(json!({ "detail_type": "Prospect Created", "timer": timer }));
        let waits = json!({ "state": "waiting", "fires_at": "2026-05-04T12:00:00Z", "name": "prospect-1" });
        let waiting = explain(&prospect(waits), &rules);
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
        let explained =
            explain(&sample::event(json!({ "detail_type": "Prospect Created", "timer": fired })), &rules);
        let unstored: Vec<_> = explained.unread[0].verdicts.iter().map(|now| now.unstored).collect();
        assert_eq!(unstored, [Unstored::NotRead, Unstored::Newer]);
    }

    #[test]
    fn a_prospect_that_joined_another_is_silent() {
        let joined =
            json!({ "state": "joined", "name": "prospect-1", "event": format!("evt_{}", "0".repeat(42)) });
        let event = sample::event(json!({ "detail_type": "Prospect Created", "timer": joined }));
        let explained = explain(&event, &[rule("rul_1", "prospect_created", &[])]);
        assert!(matches!(explained.silent[0].why, Silent::Timer(Some(Timer::Joined { .. }))));
    }
}
