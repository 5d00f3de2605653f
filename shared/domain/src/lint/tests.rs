use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::options::{OptionItem, Pulled};

mod properties;

/// A global rule that adds a tag to every buyer; `fields` replaces its fields.
fn rule(id: &str, fields: Value) -> Rule {
    let mut rule = json!({
        "id": format!("rul_{id}"), "marketplace": "demo", "scope": { "kind": "global" },
        "trigger": "product_purchased", "integration": "int_mailchimp", "app": "mailchimp", "action": "add_tag",
        "settings": { "list_id": "a1", "tag": ["VIP"] }, "enabled": true,
    });
    if let (Value::Object(rule), Value::Object(fields)) = (&mut rule, fields) {
        rule.extend(fields);
    }
    serde_json::from_value(rule).unwrap()
}

fn account(app: &str, connection: &Value) -> Integration {
    let account = json!({
        "id": format!("int_{app}"), "marketplace": "demo", "app": app, "label": "Main", "method": "api_key",
        "credentials": "x", "connection": connection,
        "created_at": "2026-05-04T10:00:00Z", "updated_at": "2026-05-04T10:00:00Z",
    });
    serde_json::from_value(account).unwrap()
}

fn connected(app: &str) -> Integration {
    account(app, &json!({ "state": "connected" }))
}

fn products(ids: &[&str]) -> Value {
    json!({ "scope": { "kind": "products", "products": ids } })
}

/// The findings of a rule beside other rules: severity, code and place.
fn told(rule: &Rule, others: &[Rule]) -> Vec<(Severity, Code, String)> {
    found(rule, others).into_iter().map(|found| (found.severity, found.code, found.field)).collect()
}

fn found(rule: &Rule, others: &[Rule]) -> Vec<Finding> {
    let account = connected(rule.app.key());
    lint(
        rule,
        &Surroundings {
            catalog: Catalog::get(),
            integration: Some(&account),
            lists: &Lists::default(),
            others: &RuleIndex::new(Catalog::get(), others),
            products: None,
        },
    )
}

fn on(conditions: &Value) -> Value {
    json!({ "conditions": conditions })
}

#[test]
fn a_good_rule_is_let_pass() {
    assert_eq!(found(&rule("1", json!({})), &[]), []);
}

#[test]
fn what_the_app_does_not_have_is_an_error_at_its_field() {
    for (fields, code, field) in [
        (json!({ "action": "add" }), Code::ActionUnknown, "/action"),
        (json!({ "settings": { "list_id": "a1" } }), Code::SettingInvalid, "/settings/tag"),
        (json!({ "settings": { "a/b~": 1 } }), Code::SettingInvalid, "/settings/a~1b~0"),
        (
            json!({ "app": "webhook", "action": "send_notify_url_post_for_orders", "settings": {} }),
            Code::TriggerNotOffered,
            "/trigger",
        ),
        (
            json!({ "app": "kajabi", "action": "grant_offer", "trigger": "prospect_created", "settings": { "offer_id": "1" } }),
            Code::TriggerNotOffered,
            "/trigger",
        ),
        (
            json!({ "settings": { "list_id": "a1", "tag": ["x".repeat(20_000)] } }),
            Code::TooLarge,
            "/settings",
        ),
        (
            on(&json!([{ "field": "amount", "operator": "at_least", "value": 1e300 }])),
            Code::ConditionInvalid,
            "/conditions/0/value",
        ),
        (products(&[]), Code::ProductCount, "/scope/products"),
        // The products of an oversized list are not checked: that would take time in proportion to its length.
        (products(&["a"; 50]), Code::ProductCount, "/scope/products"),
        (products(&["a", "b", "a"]), Code::ProductTwice, "/scope/products/2"),
        (
            on(&json!([{ "field": "currency", "operator": "at_least", "value": 5 }])),
            Code::ConditionInvalid,
            "/conditions/0/value",
        ),
    ] {
        let rule = rule("1", fields);
        assert_eq!(told(&rule, &[]), [(Severity::Error, code, field.to_owned())], "{rule:?}");
        assert!(!can_be_saved(&found(&rule, &[])));
    }
}

#[test]
fn conditions_that_can_never_hold_are_errors_where_they_stop_making_sense() {
    let none = Value::Null;
    for (trigger, conditions, at) in [
        ("product_purchased", json!([["amount", "at_least", 1000], ["amount", "at_most", 500]]), 1),
        ("product_purchased", json!([["currency", "equals", "USD"], ["currency", "equals", "EUR"]]), 1),
        ("product_purchased", json!([["currency", "equals", "usd"], ["currency", "not_equals", " USD"]]), 1),
        ("product_purchased", json!([["currency", "equals", "dollars"]]), 0),
        ("product_purchased", json!([["amount", "at_most", -1]]), 0),
        ("product_purchased", json!([["amount", "equals", 49.5]]), 0),
        ("product_purchased", json!([["amount", "at_least", 5.1], ["amount", "at_most", 5.9]]), 1),
        (
            "product_purchased",
            json!([["amount", "at_least", 5], ["amount", "at_most", 6], ["amount", "not_in", [5, 6]]]),
            2,
        ),
        (
            "product_purchased",
            json!([["coupon_code", "exists", none], ["coupon_code", "not_exists", none]]),
            1,
        ),
        ("product_purchased", json!([["item_role", "equals", "bundle"]]), 0),
        ("product_purchased", json!([["item_role", "not_exists", none]]), 0),
        ("product_purchased", json!([["test_mode", "in", [true]], ["test_mode", "not_equals", true]]), 1),
        ("upsell_purchased", json!([["item_role", "equals", "primary"]]), 0),
        (
            "order_completed",
            json!([["item_role", "equals", "upsell"], ["item_role", "not_equals", "upsell"]]),
            1,
        ),
        ("product_purchased", json!([["utm.source", "in", ["a", "b"]], ["utm.source", "contains", "c"]]), 1),
        (
            "product_purchased",
            json!([["custom_field.Age", "at_least", 18], ["custom_field.Age", "equals", "7"]]),
            1,
        ),
        ("product_refunded", json!([["utm.source", "equals", "ads"]]), 0),
        ("subscription_canceled", json!([["amount", "at_least", 1]]), 0),
        ("course_student_added", json!([["item_role", "exists", none]]), 0),
    ] {
        let rule = rule("1", json!({ "trigger": trigger, "conditions": written(&conditions) }));
        let at = format!("/conditions/{at}");
        assert_eq!(
            told(&rule, &[]),
            [(Severity::Error, Code::ConditionNeverHolds, at)],
            "{trigger} {conditions}"
        );
    }
}

#[test]
fn conditions_that_some_fact_satisfies_are_accepted() {
    let none = Value::Null;
    for (trigger, conditions) in [
        // An order has several lines, each with its own role and coupon.
        ("order_completed", json!([["item_role", "equals", "primary"], ["item_role", "equals", "upsell"]])),
        ("order_completed", json!([["coupon_code", "equals", "A"], ["coupon_code", "equals", "B"]])),
        (
            "product_purchased",
            json!([["coupon_code", "not_equals", "A"], ["coupon_code", "not_equals", "B"]]),
        ),
        ("product_purchased", json!([["amount", "at_least", 500], ["amount", "at_most", 500]])),
        (
            "product_purchased",
            json!([["custom_field.Oven", "equals", "Gas"], ["custom_field.oven", "equals", "No"]]),
        ),
        (
            "product_purchased",
            json!([["custom_field.A", "contains", " gas"], ["custom_field.A", "equals", "Gas"]]),
        ),
        // A missing value equals no value.
        (
            "product_refunded",
            json!([["utm.source", "not_equals", "ads"], ["utm.medium", "not_exists", none]]),
        ),
        (
            "product_purchased",
            json!([["item_role", "in", ["upsell", "Primary"]], ["item_role", "not_in", ["upsell"]]]),
        ),
    ] {
        let rule = rule("1", json!({ "trigger": trigger, "conditions": written(&conditions) }));
        assert_eq!(told(&rule, &[]), [], "{trigger} {conditions}");
    }
}

/// Conditions from field, operator and value.
fn written(conditions: &Value) -> Value {
    let conditions = conditions.as_array().unwrap().iter();
    let written = conditions.map(|one| {
        let mut condition = json!({ "field": one[0], "operator": one[1] });
        if !one[2].is_null() {
            condition["value"] = one[2].clone();
        }
        condition
    });
    written.collect()
}

#[test]
fn a_contradiction_names_the_condition_that_it_is_with() {
    let conditions = written(&json!([
        ["amount", "at_least", 1000],
        ["currency", "equals", "USD"],
        ["amount", "at_most", 10],
    ]));
    let found = found(&rule("1", on(&conditions)), &[]);
    assert!(
        found[0].message.starts_with("condition 3 on `amount` can never hold together with condition 1"),
        "{found:?}"
    );
}

#[test]
fn rules_that_undo_or_repeat_each_other_are_reported() {
    let own = rule("1", json!({}));
    let tag = |tags: &[&str]| json!({ "list_id": "a1", "tag": tags });
    let remove = |fields: Value| {
        let mut rule = rule("2", json!({ "action": "remove_tag" }));
        rule.settings = serde_json::from_value(tag(&["a", " vip "])).unwrap();
        let mut all = serde_json::to_value(&rule).unwrap();
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value::<Rule>(all).unwrap()
    };
    let opposite = [(Severity::Warning, Code::Opposite, "/action".to_owned())];
    assert_eq!(told(&own, &[remove(json!({}))]), opposite);
    assert_eq!(told(&own, &[remove(products(&["sourdough"]))]), opposite);
    let duplicate = [(Severity::Warning, Code::Duplicate, "/action".to_owned())];
    let same = Rule { name: Some("Bakers".to_owned()), ..rule("2", products(&["sourdough"])) };
    assert_eq!(told(&own, std::slice::from_ref(&same)), duplicate);
    let named = OtherRule { id: same.id.clone(), name: same.name.clone() };
    assert_eq!(found(&own, &[same])[0].other_rule, Some(named));
    for (own, other) in [
        (own.clone(), remove(json!({ "trigger": "product_refunded" }))),
        (own.clone(), remove(json!({ "integration": "int_other" }))),
        (own.clone(), remove(json!({ "enabled": false }))),
        (own.clone(), remove(json!({ "settings": tag(&["guest"]) }))),
        (rule("1", products(&["a"])), remove(products(&["b"]))),
        (
            rule("1", on(&written(&json!([["currency", "equals", "USD"]])))),
            remove(on(&written(&json!([["currency", "not_equals", "USD"]])))),
        ),
        // With a gift, the buyer and the recipient both get it.
        (own.clone(), rule("2", json!({ "use_gift_recipient": true }))),
    ] {
        assert_eq!(told(&own, std::slice::from_ref(&other)), [], "{other:?}");
    }
    assert_eq!(told(&own, &[rule("1", json!({}))]), [], "an older version of the rule itself");
}

#[test]
fn two_webhooks_of_one_account_and_trigger_tell_the_same() {
    let tell = json!({ "app": "webhook", "action": "send_notify_url_post", "settings": {} });
    let found = told(&rule("1", tell.clone()), &[rule("2", tell)]);
    assert_eq!(found, [(Severity::Warning, Code::Duplicate, "/action".to_owned())]);
}

#[test]
fn the_account_must_exist_belong_to_the_app_and_be_connected() {
    let refused = json!({ "state": "needs_reconnect", "since": "2026-05-04T11:00:00Z", "reason": { "message": "Key revoked." } });
    let off = rule("1", json!({ "enabled": false }));
    let on = rule("1", json!({}));
    for (rule, account, severity, code) in [
        (&on, None, Severity::Error, Code::IntegrationMissing),
        (&off, None, Severity::Warning, Code::IntegrationMissing),
        (&on, Some(connected("kit")), Severity::Error, Code::IntegrationOfOtherApp),
        (&on, Some(account("mailchimp", &refused)), Severity::Warning, Code::IntegrationNeedsReconnect),
    ] {
        let found = lint(
            rule,
            &Surroundings {
                catalog: Catalog::get(),
                integration: account.as_ref(),
                lists: &Lists::default(),
                others: &RuleIndex::default(),
                products: None,
            },
        );
        assert_eq!((found.len(), found[0].severity, found[0].code), (1, severity, code));
    }
}

#[test]
fn a_missing_target_is_reported_by_name_unless_it_was_entered_by_hand() {
    let list = |key: &str, items: &[(&str, &str)]| Pulled {
        list: key.to_owned(),
        items: items.iter().map(|(value, label)| OptionItem::new(*value, *label)).collect(),
        at: Timestamp::UNIX_EPOCH,
        truncated: false,
    };
    let lists = [list("audiences", &[("a2", "Fans")]), list("tags", &[("new", "new")])];
    let settings = json!({ "list_id": "a1", "tag": ["typed", "lost", "NEW"] });
    let rule = rule("1", json!({ "settings": settings, "labels": { "lost": "Lost & found" } }));
    let account = connected("mailchimp");
    let around = Surroundings {
        catalog: Catalog::get(),
        integration: Some(&account),
        lists: &lists.to_vec().into(),
        others: &RuleIndex::default(),
        products: None,
    };
    let found = lint(&rule, &around);
    let places: Vec<_> =
        found.iter().map(|found| (found.severity, found.code, found.field.as_str())).collect();
    assert_eq!(
        places,
        [
            (Severity::Warning, Code::TargetGone, "/settings/list_id"),
            (Severity::Warning, Code::TargetGone, "/settings/tag/1"),
        ]
    );
    assert!(found[1].message.contains("`Lost & found`"), "{found:?}");
    let cut = lists.clone().map(|list| Pulled { truncated: true, ..list });
    assert_eq!(lint(&rule, &Surroundings { lists: &cut.to_vec().into(), ..around }), []);
}

#[test]
fn a_product_is_looked_up_where_there_is_a_catalogue() {
    let rule = rule("1", products(&["sold", "gone", "typo"]));
    let product = |id: &str, status: &str| -> Product {
        serde_json::from_value(json!({ "product_id": id, "name": id, "status": status })).unwrap()
    };
    let known = [product("sold", "live"), product("gone", "archived")];
    let account = connected("mailchimp");
    let around = Surroundings {
        catalog: Catalog::get(),
        integration: Some(&account),
        lists: &Lists::default(),
        others: &RuleIndex::default(),
        products: Some(&known),
    };
    let found: Vec<_> = lint(&rule, &around).into_iter().map(|found| (found.code, found.field)).collect();
    assert_eq!(
        found,
        [
            (Code::ProductArchived, "/scope/products/1".to_owned()),
            (Code::ProductUnknown, "/scope/products/2".to_owned()),
        ]
    );
    assert_eq!(lint(&rule, &Surroundings { products: None, ..around }), []);
}

#[test]
fn a_name_is_refused_with_the_limit_or_the_character_that_it_must_not_have() {
    assert_eq!(name(None), None);
    for fine in ["Buyers", &"ü".repeat(100), "Käufer 注文"] {
        assert_eq!(name(Some(fine)), None, "{fine}");
    }
    let long = name(Some(&"x".repeat(101))).unwrap();
    assert_eq!(long.message, "the name has 101 characters; the limit is 100: shorten it");
    for wrong in ["two\nlines", "\u{202e}sreyuB", "Bu\u{200b}yers", "\u{2066}x", "\u{7}"] {
        let found = name(Some(wrong)).unwrap();
        assert_eq!((found.code, found.field.as_str()), (Code::NameInvalid, "/name"), "{wrong:?}");
        assert!(found.message.contains("direction mark: remove it"), "{}", found.message);
    }
}

#[test]
fn a_rule_without_the_action_that_its_action_requires_is_told_the_rule_to_add() {
    let missing = |rule: &Rule, others: &[Rule]| required(Catalog::get(), rule, others);
    let list = |id: &str, fields: Value| {
        let mut rule = rule(id, json!({ "action": "add_to_list", "settings": { "list_id": "a1" } }));
        let fields = serde_json::to_value(&rule).map(|mut whole| {
            whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            whole
        });
        rule = serde_json::from_value(fields.unwrap()).unwrap();
        rule
    };
    let conditions = json!([{ "field": "currency", "operator": "equals", "value": "EUR" }]);
    let tag = rule("1", json!({ "conditions": conditions }));
    let found = missing(&tag, std::slice::from_ref(&tag));
    let [finding] = &found[..] else { panic!("{found:?}") };
    assert_eq!((finding.severity, finding.code), (Severity::Warning, Code::ActionRequired));
    assert!(
        finding.message.contains("Add Tag works only for contacts with Add To List"),
        "{}",
        finding.message
    );
    let suggested = finding.suggestion.as_deref().unwrap();
    assert_eq!((suggested.action.as_str(), &suggested.scope), ("add_to_list", &Scope::Global));
    assert_eq!(serde_json::to_value(&suggested.settings).unwrap(), json!({ "list_id": "a1" }));
    assert_eq!(suggested.conditions, tag.conditions);

    for (others, is_missing) in [
        (vec![list("2", json!({}))], false),
        (vec![list("2", json!({ "conditions": conditions }))], false),
        (vec![list("2", json!({ "enabled": false }))], true),
        (vec![list("2", json!({ "trigger": "order_completed" }))], true),
        (vec![list("2", json!({ "integration": "int_other" }))], true),
        (vec![list("2", json!({ "settings": { "list_id": "a2" } }))], true),
        (vec![list("2", products(&["p1"]))], true),
        (vec![list("2", on(&json!([{ "field": "amount", "operator": "exists" }])))], true),
        (vec![list("2", json!({ "use_gift_recipient": true }))], true),
    ] {
        assert_eq!(!missing(&tag, &others).is_empty(), is_missing, "{others:?}");
    }
    // Several rules may have the products of one together.
    let of_two = rule("1", products(&["p1", "p2"]));
    let (first, second) = (list("2", products(&["p1", "p3"])), list("3", products(&["p2"])));
    assert_eq!(missing(&of_two, std::slice::from_ref(&first)).len(), 1);
    assert!(missing(&of_two, &[first, second]).is_empty());
    // An action that requires none, and one of an app without the action.
    assert!(missing(&rule("1", json!({ "action": "remove_tag" })), &[]).is_empty());
    assert!(missing(&rule("1", json!({ "action": "unknown" })), &[]).is_empty());
}
