use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::options::{Lists, OptionItem, Pulled};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::rules::settle::settle;
use crate::sample::account;

fn rule(id: &str, integration: &str, tag: &str, enabled: bool, conditions: &Value) -> Rule {
    serde_json::from_value(json!({
        "id": format!("rul_{id}"), "marketplace": "demo", "name": format!("Tag: {tag}"), "scope": { "kind": "products", "products": ["a: b", "#c"] },
        "trigger": "product_purchased", "integration": integration, "app": "mailchimp", "action": "add_tag",
        "settings": { "list_id": "a1", "tag": [tag] }, "conditions": conditions, "use_gift_recipient": enabled,
        "enabled": enabled,
    }))
    .unwrap()
}

/// The rules that an export is parsed to.
fn again(rules: &[Rule], accounts: &[Integration]) -> Vec<Rule> {
    let m = MarketplaceId::new("demo").unwrap();
    let rules = rules.iter().map(|rule| draft(rule, accounts)).collect();
    let text = Drafts { marketplace: Some(m.clone()), rules }.to_yaml().unwrap();
    let source = Source::new(PathBuf::from("rules.yaml"), text);
    let drafts = source.parse().unwrap();
    let read = check::check(&drafts, &m, accounts, Catalog::get(), Timestamp::UNIX_EPOCH);
    let mut rules = read.map_err(|found| source.locate(found).to_string()).unwrap();
    for (rule, draft) in rules.iter_mut().zip(&drafts.rules) {
        settle(rule, &lists(), None, &draft.typed);
    }
    rules
}

/// An account's tags.
fn lists() -> Lists {
    let items = [("2024", "Weekly"), ("7", "VIP")].map(|(value, label)| OptionItem::new(value, label));
    vec![Pulled {
        list: "tags".to_owned(),
        items: items.to_vec(),
        at: Timestamp::UNIX_EPOCH,
        truncated: false,
    }]
    .into()
}

#[test]
fn what_was_typed_and_what_was_chosen_stay_apart() {
    let typed = rule("typed", "int_1", "2024", true, &json!([]));
    let labels = BTreeMap::from([("2024".to_owned(), "Weekly".to_owned())]);
    let chosen = Rule { labels, ..rule("chosen", "int_1", "2024", true, &json!([])) };
    let rules = [typed, chosen];
    assert_eq!(again(&rules, &[account("int_1", "Main")]), rules);
}

#[test]
fn a_rule_whose_account_is_gone_comes_back_as_it_was() {
    let accounts = [account("int_1", "int_2"), account("int_2", "Main")];
    let rules = [
        rule("gone", "int_3", "Fan", false, &json!([])),
        rule("named_like_another", "int_1", "Fan", true, &json!([])),
    ];
    assert_eq!(again(&rules, &accounts), rules);
}

proptest! {
    #[test]
    fn what_is_exported_is_read_as_the_same(
        tag in "[!-~][ -~]{0,11}[!-~]", product_field in "[!-~]{1,8}", number in -9_000_000_000_i64..9_000_000_000, on in any::<bool>()
    ) {
        let conditions = json!([
            { "field": "amount", "operator": "not_equals", "value": number },
            { "field": format!("custom_field.{product_field}"), "operator": "in", "value": [tag, "yes", "0x1f", "~"] },
            { "field": "coupon_code", "operator": "exists" },
        ]);
        let rules = [rule("1", "int_1", &tag, on, &conditions)];
        prop_assert_eq!(again(&rules, &[account("int_1", "No: really #1")]), rules);
    }
}
