//! Why each rule of a marketplace did or did not fire for an event, whether it was read or not.

use std::collections::BTreeSet;

use domain::id::RuleId;
use domain::log::EventRecord;
use domain::rule::Rule;
use domain::trigger::Trigger;
use domain::verdict::RuleVerdict;

use crate::firings::{Firings, Silent};

/// What can be said beyond the verdicts that are stored with the event.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanation {
    /// Rules whose trigger fired and that it did not read: they name other products, or are newer than the event. And
    /// those that it read, for the lines whose verdicts the event had no room for.
    pub unread: Vec<Unread>,
    /// Rules whose trigger did not fire.
    pub silent: Vec<SilentRule>,
}

/// What a trigger would make now of rules that have no verdict from then.
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    /// The trigger.
    pub trigger: Trigger,
    /// A verdict for each thing that fired and has none stored.
    pub verdicts: Vec<RuleVerdict>,
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
        let stored: BTreeSet<_> = event.verdicts.get(&trigger).into_iter().flatten().map(place).collect();
        let read: BTreeSet<_> = stored.iter().map(|(rule, _)| *rule).collect();
        // Where verdicts are missing the rules are judged all together, as they were then: they compete.
        let is_cut = event.unstored.contains_key(&trigger);
        let is_told = |rule: &Rule| !is_cut && read.contains(&rule.id);
        let rules: Vec<Rule> =
            rules.iter().filter(|rule| rule.trigger == trigger && !is_told(rule)).cloned().collect();
        if rules.is_empty() {
            continue;
        }
        match Firings::of(event, trigger) {
            Ok(firings) => {
                let mut verdicts = firings.plan(&rules).verdicts;
                verdicts.retain(|judged| !stored.contains(&place(judged)));
                if !verdicts.is_empty() {
                    explanation.unread.push(Unread { trigger, verdicts });
                }
            }
            Err(why) => explanation.silent.extend(rules.into_iter().map(|rule| SilentRule {
                rule: rule.id,
                trigger,
                why: why.clone(),
            })),
        }
    }
    explanation
}

/// What a verdict is about.
fn place(judged: &RuleVerdict) -> (&RuleId, Option<&str>) {
    (&judged.rule, judged.line.as_deref())
}

#[cfg(test)]
mod tests {
    use domain::log::Timer;
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
        assert_eq!((judged.rule.as_str(), &judged.verdict), ("rul_rye", &Verdict::OtherProducts));
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
        assert_eq!((judged.rule.as_str(), judged.line.as_deref()), ("rul_on", Some("li_1")));
        assert!(matches!(judged.verdict, Verdict::Fired { .. }));
    }

    #[test]
    fn a_prospect_is_explained_once_its_time_is_over() {
        let rules = [rule("rul_1", "prospect_created", &["rye"])];
        let prospect = |timer| sample::event(json!({ "detail_type": "Prospect Created", "timer": timer }));
        let waits = json!({ "state": "waiting", "fires_at": "2026-05-04T12:00:00Z", "name": "prospect-1" });
        let waiting = explain(&prospect(waits), &rules);
        assert!(waiting.unread.is_empty());
        assert!(matches!(waiting.silent[0].why, Silent::Timer(Some(Timer::Waiting { .. }))));
        let fired = explain(&prospect(json!({ "state": "fired" })), &rules);
        assert_eq!(fired.unread[0].verdicts[0].verdict, Verdict::OtherProducts);
    }
}
