//! Rules as merchants write them: scope, conditions, gifts, switches; and the reason why each did or did not fire.

use domain::app::App;
use domain::log::Status;
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use serde_json::{Value, json};

use crate::stack::{Opens, Sample, Shop};

const LIST: &str = "demo";

fn add_tag(tag: &str) -> Value {
    json!({ "action": "add_tag", "settings": { "list_id": LIST, "tag": [tag] } })
}

fn with(mut rule: Value, field: &str, value: Value) -> Value {
    rule[field] = value;
    rule
}

async fn member(shop: &Shop, email: &str) {
    let seed =
        json!({ "audiences": [{ "id": LIST, "members": [{ "email": email, "status": "subscribed" }] }] });
    shop.engine.sandbox_post("/_state/mailchimp", &seed).await;
}

#[tokio::test]
async fn every_rule_that_was_read_says_why_it_did_or_did_not_fire() {
    let shop = Shop::open("rules-verdicts").await;
    let email = "verdicts@example.com";
    member(&shop, email).await;
    let sample = Sample::read("order-completed.one-item").email(email).id("verdicts").now();
    let product = sample.detail["items"][0]["product_id"].clone();
    let products = |list: Value| json!({ "kind": "products", "products": list });
    let rule =
        async |id: &str, rest: Value| shop.rule(id, Trigger::ProductPurchased, App::Mailchimp, rest).await;

    rule("global", add_tag("global")).await;
    rule("mine", with(add_tag("mine"), "scope", products(json!(["another", product])))).await;
    rule("other", with(add_tag("other"), "scope", products(json!(["another"])))).await;
    rule("off", with(add_tag("off"), "enabled", json!(false))).await;
    rule("same", with(add_tag("GLOBAL"), "scope", products(json!([product])))).await;
    let conditions = json!([
        { "field": "amount", "operator": "at_least", "value": 1 },
        { "field": "coupon_code", "operator": "equals", "value": "SPRING" },
    ]);
    rule("picky", with(add_tag("picky"), "conditions", conditions)).await;

    let id = shop.publish([sample]).await[0];
    let verdicts =
        shop.decided(id, Trigger::ProductPurchased).await.verdicts[&Trigger::ProductPurchased].clone();
    let of = |rule: &str| {
        verdicts.iter().find(|one| one.rule.as_str() == format!("rul_{rule}")).map(|one| &one.verdict)
    };
    assert!(matches!(of("global"), Some(Verdict::Fired { jobs }) if jobs.len() == 1));
    assert!(matches!(of("mine"), Some(Verdict::Fired { jobs }) if jobs.len() == 1));
    assert_eq!(of("other"), None, "a rule for other products is not read");
    assert_eq!(of("off"), Some(&Verdict::Disabled));
    assert!(matches!(of("same"), Some(Verdict::Duplicate { of }) if of.as_str() == "rul_global"));
    let Some(Verdict::ConditionFailed { number: 2, expected, actual, .. }) = of("picky") else {
        panic!("{:?}", of("picky"))
    };
    assert_eq!((expected, actual), (&json!("SPRING"), &Value::Null));

    let jobs = shop.ended(id, 2).await;
    assert!(jobs.iter().all(|job| job.status == Status::Performed), "{jobs:?}");
    let tags = shop.member(email).await.expect("a member")["tags"].clone();
    assert_eq!(tags.as_array().map(Vec::len), Some(2), "{tags}");
}

#[tokio::test]
async fn the_gift_goes_to_the_recipient_where_the_rule_says_so() {
    let shop = Shop::open("rules-gift").await;
    let sample = Sample::read("order-completed.gift").id("gift").now();
    let buyer = sample.detail["customer"]["email"].as_str().expect("a buyer").to_owned();
    let gift = sample.detail.pointer("/items").and_then(Value::as_array).and_then(|items| {
        items.iter().find_map(|item| item.pointer("/gift/recipient/email")).and_then(Value::as_str)
    });
    let recipient = gift.expect("a recipient").to_owned();
    let add = json!({ "action": "add_to_list", "settings": { "list_id": LIST } });
    shop.rule("buyer", Trigger::OrderCompleted, App::Mailchimp, add.clone()).await;
    let add = with(add, "use_gift_recipient", json!(true));
    shop.rule("recipient", Trigger::ProductPurchased, App::Mailchimp, add).await;

    let id = shop.publish([sample]).await[0];
    let jobs = shop.ended(id, 2).await;
    assert!(jobs.iter().any(|job| job.email == recipient), "{jobs:?}");
    assert!(shop.member(&buyer).await.is_some() && shop.member(&recipient).await.is_some());
}

#[tokio::test]
async fn a_refund_takes_away_what_the_purchase_gave() {
    let shop = Shop::open("rules-refund").await;
    let email = "refunded@example.com";
    member(&shop, email).await;
    let remove = json!({ "action": "remove_tag", "settings": { "list_id": LIST, "tag": ["buyer"] } });
    shop.rule("give", Trigger::ProductPurchased, App::Mailchimp, add_tag("buyer")).await;
    shop.rule("take", Trigger::ProductRefunded, App::Mailchimp, remove).await;

    let bought =
        shop.publish([Sample::read("order-completed.one-item").id("buy").email(email).now()]).await[0];
    shop.ended(bought, 1).await;
    let tags = |member: Option<Value>| member.expect("a member")["tags"].to_string();
    assert!(tags(shop.member(email).await).contains("buyer"));

    let refund = Sample::read("charge-refunded.full").id("refund").email(email).now();
    let refunded = shop.publish([refund]).await[0];
    let jobs = shop.ended(refunded, 1).await;
    assert_eq!(jobs[0].status, Status::Performed);
    assert!(!tags(shop.member(email).await).contains("buyer"));
}
