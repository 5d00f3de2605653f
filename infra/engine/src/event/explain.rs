//! Rules that no trigger read for an event, judged now by the planner that judges all others.

use domain::fact::Fact;
use domain::log::{EventRecord, Timer};
use domain::manifest::Catalog;
use domain::plan::{self, Input, RuleVerdict};
use domain::rule::Rule;
use domain::trigger::Trigger;
use serde_json::Value;
use triggers::definition::Definition;
use triggers::registry::DEFINITIONS;

/// What a trigger would make now of rules that it did not read then.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unread {
    /// The trigger.
    pub(super) trigger: Trigger,
    /// A verdict for each thing that fired.
    pub(super) verdicts: Vec<RuleVerdict>,
}

/// The rules of the triggers that the event fires which have no verdict: they name other products, or are newer.
pub(super) fn unread(event: &EventRecord, rules: &[Rule]) -> Vec<Unread> {
    DEFINITIONS.iter().filter_map(|definition| of_trigger(event, rules, definition)).collect()
}

fn of_trigger(event: &EventRecord, rules: &[Rule], definition: &Definition) -> Option<Unread> {
    if definition.fact.published().detail_type() != event.detail_type {
        return None;
    }
    // A prospect fires once its time is over, and not before.
    let waits = definition.fact != definition.fact.published();
    if waits && event.timer != Some(Timer::Fired) {
        return None;
    }
    let fact = Fact::parse(definition.fact.detail_type(), &event.detail).ok()?;
    let firings = (definition.fires)(&fact);
    let read = event.verdicts.get(&definition.trigger);
    let was_read = |rule: &Rule| read.into_iter().flatten().any(|judged| judged.rule == rule.id);
    let rules: Vec<Rule> =
        rules.iter().filter(|rule| rule.trigger == definition.trigger && !was_read(rule)).cloned().collect();
    let detail: Value = serde_json::from_str(&event.detail).ok()?;
    let input = Input {
        fact: &fact,
        detail: &detail,
        trigger: definition.trigger,
        firings: &firings,
        rules: &rules,
        catalog: Catalog::built_in(),
    };
    let verdicts = plan::plan(input).verdicts;
    (!verdicts.is_empty()).then_some(Unread { trigger: definition.trigger, verdicts })
}

#[cfg(test)]
mod tests {
    use domain::plan::Verdict;
    use serde_json::json;

    use super::*;
    use crate::sample::{self, rule};

    #[test]
    fn a_rule_for_other_products_is_explained_and_one_that_was_read_is_not_judged_again() {
        let rules = [
            rule("rul_read", "product_purchased", &["rye"]),
            rule("rul_rye", "product_purchased", &["rye"]),
            rule("rul_refund", "product_refunded", &["sourdough"]),
        ];
        let read = json!([{ "rule": "rul_read", "verdict": { "is": "disabled" } }]);
        let event = sample::event(json!({ "verdicts": { "product_purchased": read } }));
        let unread = unread(&event, &rules);
        assert_eq!(unread.len(), 1);
        assert_eq!(unread[0].trigger, Trigger::ProductPurchased);
        assert_eq!(unread[0].verdicts.len(), 1);
        assert_eq!(unread[0].verdicts[0].rule.as_str(), "rul_rye");
        assert_eq!(unread[0].verdicts[0].verdict, Verdict::OtherProducts);
    }

    #[test]
    fn a_prospect_is_explained_once_its_time_is_over() {
        let rules = [rule("rul_1", "prospect_created", &["rye"])];
        let prospect = |timer| sample::event(json!({ "detail_type": "Prospect Created", "timer": timer }));
        let waiting = json!({ "state": "waiting", "fires_at": "2026-05-04T12:00:00Z" });
        assert!(unread(&prospect(waiting), &rules).is_empty());
        let fired = unread(&prospect(json!({ "state": "fired" })), &rules);
        assert_eq!(fired[0].verdicts[0].verdict, Verdict::OtherProducts);
    }
}
