//! Properties of all rules: a finding is never wrong about a fact, and rules without findings never conflict in the
//! planner.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::digest::sample_secret;
use crate::fact::Fact;
use crate::firing::Subject;
use crate::plan::{self, Input};
use crate::verdict::Verdict;

/// An order with one line or more; every optional field may be absent.
#[derive(Debug, Clone)]
struct Order {
    detail: Value,
}

impl Order {
    fn fact(&self) -> Fact {
        Fact::parse("Order Completed", &self.detail.to_string()).unwrap()
    }
}

fn orders(lines: usize) -> impl Strategy<Value = Order> {
    let texts = || proptest::option::of(select(vec!["a", "A b", "b", " a "]));
    let line = (select(vec!["primary", "upsell", "order_bump"]), texts(), texts(), select(vec!["p1", "p2"]));
    let lines = vec(line, 1..=lines);
    let whole =
        (0_u64..4, select(vec!["USD", "EUR"]), texts(), select(vec!["1", "2", "x", " "]), any::<bool>());
    (lines, whole).prop_map(|(lines, (amount, currency, source, age, test_mode))| {
        let price = json!({ "amount": amount, "currency": currency });
        let items = lines.into_iter().map(|(role, coupon, plan, product)| {
            json!({
                "product_id": product, "name": "x", "role": role, "quantity": 1, "price": price,
                "coupon": coupon.map(|code| json!({ "code": code })), "payment_option": plan,
            })
        });
        let custom: HashMap<_, _> = HashMap::from([("Age", age)]);
        let detail = json!({
            "id": "f1", "marketplace_id": "demo", "occurred_at": "2026-05-04T10:00:00Z", "test_mode": test_mode,
            "customer": { "id": "c1", "email": "ada@example.com" }, "charge_id": "ch_1",
            "order": { "id": "o1", "total": price, "custom_fields": custom, "utm": { "source": source } },
            "items": items.collect::<Vec<_>>(),
        });
        Order { detail }
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let text_operators = select(vec!["equals", "not_equals", "contains"]);
    let texts = select(vec![
        "coupon_code",
        "payment_option",
        "utm.source",
        "currency",
        "item_role",
        "custom_field.Age",
    ]);
    let values = select(vec!["a", "b", " A", "usd", "EUR", "upsell", "primary", "1", "2"]);
    let written = prop_oneof![
        4 => (texts.clone(), text_operators, values.clone())
            .prop_map(|(field, operator, value)| json!({ "field": field, "operator": operator, "value": value })),
        2 => (texts.clone(), select(vec!["in", "not_in"]), vec(values, 1..3))
            .prop_map(|(field, operator, value)| json!({ "field": field, "operator": operator, "value": value })),
        2 => (select(vec!["amount", "custom_field.Age"]), select(vec!["at_least", "at_most"]), -1..5)
            .prop_map(|(field, operator, value)| json!({ "field": field, "operator": operator, "value": value })),
        1 => (select(vec!["equals", "not_equals"]), 0..4)
            .prop_map(|(operator, value)| json!({ "field": "amount", "operator": operator, "value": value })),
        1 => (texts, select(vec!["exists", "not_exists"]))
            .prop_map(|(field, operator)| json!({ "field": field, "operator": operator })),
        1 => (select(vec!["equals", "not_equals"]), any::<bool>())
            .prop_map(|(operator, value)| json!({ "field": "test_mode", "operator": operator, "value": value })),
    ];
    written.prop_map(|condition| serde_json::from_value(condition).unwrap())
}

/// Rules of Product Purchased; the id is a placeholder.
fn rules() -> impl Strategy<Value = Rule> {
    let scope = prop_oneof![
        Just(json!({ "kind": "global" })),
        proptest::sample::subsequence(vec!["p1", "p2"], 1..=2)
            .prop_map(|products| json!({ "kind": "products", "products": products })),
    ];
    let action = prop_oneof![
        (select(vec!["add_tag", "remove_tag"]), vec(select(vec!["x", "X ", "y"]), 1..3)).prop_map(
            |(action, tags)| json!({ "action": action, "settings": { "list_id": "a1", "tag": tags } })
        ),
        select(vec!["add_to_list", "remove_from_list"])
            .prop_map(|action| json!({ "action": action, "settings": { "list_id": "a1" } })),
        Just(json!({ "app": "webhook", "action": "send_notify_url_post", "settings": {} })),
    ];
    (scope, action, vec(condition(), 0..2)).prop_map(|(scope, mut action, conditions)| {
        action["scope"] = scope;
        action["conditions"] = serde_json::to_value(conditions).unwrap();
        rule("0", action)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn conditions_reported_as_impossible_hold_for_no_order(order in orders(3), written in vec(condition(), 1..4)) {
        let fact = order.fact();
        let drafted: Vec<_> = written.iter().map(Some).collect();
        for (trigger, subject) in [
            (Trigger::OrderCompleted, Subject::Whole),
            (Trigger::ProductPurchased, Subject::Line(0)),
        ] {
            let never = conditions(Some(trigger), &drafted);
            if !never.is_empty() {
                let held = written.iter().all(|condition| condition.judge(&fact, subject).is_ok());
                prop_assert!(!held, "{never:?}");
            }
        }
    }

    #[test]
    fn rules_without_findings_never_conflict(order in orders(1), one in rules(), other in rules()) {
        let other = Rule { id: crate::id::RuleId::new("rul_1").unwrap(), ..other };
        let fact = order.fact();
        let rules = [one, other];
        let overlaps = found(&rules[0], &rules[1..]);
        let overlaps = overlaps.iter().any(|found| matches!(found.code, Code::Opposite | Code::Duplicate));
        let detail = order.detail.to_string();
        let secret = sample_secret();
        let draft = plan::draft(Input {
            fact: &fact,
            event: plan::event_id(&secret, &fact),
            secret: &secret,
            detail: &detail,
            received_at: fact.common.occurred_at,
            trigger: Trigger::ProductPurchased,
            firings: &[Subject::Line(0)],
            rules: &rules,
            catalog: Catalog::get(),
        });
        let verdicts: Vec<_> = draft.verdicts().collect();
        let in_the_way = verdicts.iter().any(|judged| {
            matches!(judged.verdict, Verdict::Duplicate { .. } | Verdict::Superseded { .. })
        });
        prop_assert!(overlaps || !in_the_way, "{verdicts:?}");
    }

    #[test]
    fn whether_two_rules_overlap_does_not_depend_on_which_is_asked(one in rules(), other in rules()) {
        let other = Rule { id: crate::id::RuleId::new("rul_1").unwrap(), ..other };
        let codes = |rule: &Rule, beside: &Rule| -> Vec<Code> {
            let found = found(rule, std::slice::from_ref(beside));
            found.iter().map(|found| found.code).filter(|code| matches!(code, Code::Opposite | Code::Duplicate)).collect()
        };
        prop_assert_eq!(codes(&one, &other), codes(&other, &one));
    }
}
