//! Rules as merchants write them: scope, conditions, gifts, switches; and the reason that each did or did not fire.

use domain::app::App;
use domain::log::Status;
use domain::trigger::Trigger;
use domain::verdict::Verdict;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::stack::{Opens, Sample, Shop, now};

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
        async |id: &str, rest: Value| shop.rule(id, Trigger::ProductPurchased, App::MAILCHIMP, rest).await;

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
    shop.rule("buyer", Trigger::OrderCompleted, App::MAILCHIMP, add.clone()).await;
    let add = with(add, "use_gift_recipient", json!(true));
    shop.rule("recipient", Trigger::ProductPurchased, App::MAILCHIMP, add).await;

    let id = shop.publish([sample]).await[0];
    let jobs = shop.ended(id, 2).await;
    assert!(jobs.iter().any(|job| job.email == recipient), "{jobs:?}");
    assert!(shop.member(&buyer).await.is_some() && shop.member(&recipient).await.is_some());
}

#[tokio::test]
async fn an_order_with_two_gifts_acts_for_each_contact_and_says_for_whom_another_rule_acts() {
    let shop = Shop::open("rules-two-gifts").await;
    let gift = |email: &str| json!({ "recipient": { "email": email } });
    let sample = Sample::read("order-completed.every-role").id("two-gifts").now();
    let product = sample.detail["items"][1]["product_id"].clone();
    let sample = sample
        .with("/items/0/gift", gift("first@two-gifts.example.com"))
        .with("/items/1/gift", gift("second@two-gifts.example.com"))
        .email("buyer@two-gifts.example.com");
    let add = json!({ "action": "add_to_list", "settings": { "list_id": LIST }, "use_gift_recipient": true });
    shop.rule("all", Trigger::OrderCompleted, App::MAILCHIMP, add.clone()).await;
    let scope = json!({ "kind": "products", "products": [product] });
    shop.rule("one", Trigger::OrderCompleted, App::MAILCHIMP, with(add, "scope", scope)).await;

    let id = shop.publish([sample]).await[0];
    let jobs = shop.ended(id, 3).await;
    assert!(jobs.iter().all(|job| job.status == Status::Performed), "{jobs:?}");
    for who in ["first", "second", "buyer"] {
        assert!(shop.member(&format!("{who}@two-gifts.example.com")).await.is_some(), "{who}");
    }
    let verdicts = shop.decided(id, Trigger::OrderCompleted).await.verdicts[&Trigger::OrderCompleted].clone();
    assert!(matches!(&verdicts[0].verdict, Verdict::Fired { jobs } if jobs.len() == 3), "{verdicts:?}");
    assert!(
        matches!(&verdicts[1].verdict, Verdict::Duplicate { of } if of.as_str() == "rul_all"),
        "{verdicts:?}"
    );
}

#[tokio::test]
async fn a_part_of_a_rule_that_another_rule_does_has_a_reason_of_its_own() {
    let shop = Shop::open("rules-parts").await;
    let email = "parts@example.com";
    member(&shop, email).await;
    let both = json!({ "action": "add_tag", "settings": { "list_id": LIST, "tag": ["new", "vip"] } });
    shop.rule("1_one", Trigger::OrderCompleted, App::MAILCHIMP, add_tag("vip")).await;
    shop.rule("2_two", Trigger::OrderCompleted, App::MAILCHIMP, both).await;

    let id = shop.publish([Sample::read("order-completed.one-item").id("parts").email(email).now()]).await[0];
    let verdicts = shop.decided(id, Trigger::OrderCompleted).await.verdicts[&Trigger::OrderCompleted].clone();
    assert!(matches!(&verdicts[1].verdict, Verdict::Fired { jobs } if jobs.len() == 1), "{verdicts:?}");
    let why = json!([{ "target": "vip", "why": { "is": "duplicate", "of": "rul_1_one" } }]);
    assert_eq!(json!(verdicts[1].left_out), why);
}

#[tokio::test]
async fn a_refund_undoes_a_purchase_from_a_clock_that_is_ahead_and_one_inside_the_upsell_window() {
    let shop = Shop::open("rules-clocks").await;
    let remove = json!({ "action": "remove_tag", "settings": { "list_id": LIST, "tag": ["buyer"] } });
    shop.rule("give", Trigger::ProductPurchased, App::MAILCHIMP, add_tag("buyer")).await;
    shop.rule("take", Trigger::ProductRefunded, App::MAILCHIMP, remove).await;
    let minutes = |minutes: i64| json!((now() + SignedDuration::from_mins(minutes)).to_string());
    let order = |email: &str| Sample::read("order-completed.one-item").id(email).email(email);
    let refund =
        |email: &str| Sample::read("charge-refunded.full").id(&format!("{email}.refund")).email(email);
    let has_tag = async |email: &str| {
        shop.member(email).await.is_some_and(|member| member["tags"].to_string().contains("buyer"))
    };

    let ahead = "ahead@clocks.example.com";
    member(&shop, ahead).await;
    let bought = shop.publish([order(ahead).with("/occurred_at", minutes(10))]).await[0];
    shop.ended(bought, 1).await;
    assert!(has_tag(ahead).await);
    let refunded = shop.publish([refund(ahead).now()]).await[0];
    assert_eq!(shop.ended(refunded, 1).await[0].status, Status::Performed);
    assert!(!has_tag(ahead).await);

    let upsell = "upsell@clocks.example.com";
    member(&shop, upsell).await;
    let refunded = shop.publish([refund(upsell).with("/occurred_at", minutes(-10))]).await[0];
    shop.ended(refunded, 1).await;
    let charged = order(upsell).with("/occurred_at", minutes(-1)).with("/items/0/charged_at", minutes(-20));
    let bought = shop.publish([charged]).await[0];
    assert_eq!(shop.ended(bought, 1).await[0].status, Status::Superseded);
    assert!(!has_tag(upsell).await);
}

#[tokio::test]
async fn a_refund_takes_away_what_the_purchase_gave() {
    let shop = Shop::open("rules-refund").await;
    let email = "refunded@example.com";
    member(&shop, email).await;
    let remove = json!({ "action": "remove_tag", "settings": { "list_id": LIST, "tag": ["buyer"] } });
    shop.rule("give", Trigger::ProductPurchased, App::MAILCHIMP, add_tag("buyer")).await;
    shop.rule("take", Trigger::ProductRefunded, App::MAILCHIMP, remove).await;

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

#[tokio::test]
async fn a_lead_is_tagged_and_a_subscriber_only_while_a_cancellation_is_scheduled() {
    let shop = Shop::open("rules-cancel").await;
    let email = "nora.lind@rules.example.com";
    member(&shop, email).await;
    let rule = async |id: &str, trigger: Trigger, rest: Value| {
        shop.rule(id, trigger, App::MAILCHIMP, rest).await;
    };
    let remove = json!({ "action": "remove_tag", "settings": { "list_id": LIST, "tag": ["leaving"] } });
    let lead = json!({ "kind": "products", "products": ["sourdough-course"] });
    rule("lead", Trigger::LeadAdded, with(add_tag("lead"), "scope", lead)).await;
    rule("leaving", Trigger::SubscriptionCancelScheduled, add_tag("leaving")).await;
    rule("staying", Trigger::SubscriptionCancelScheduledStopped, remove).await;

    let tags = async || -> Vec<String> {
        let tags = shop.member(email).await.expect("a member")["tags"].clone();
        let tags = tags.as_array().expect("tags").iter();
        tags.filter_map(|tag| Some(tag["name"].as_str().or(tag.as_str())?.to_owned())).collect()
    };
    let mut seen = Vec::new();
    for name in [
        "lead-added.of-a-product",
        "subscription-cancel-scheduled.by-customer",
        "subscription-cancel-scheduled-stopped.by-customer",
    ] {
        let fact = Sample::read(name).email(email).id(name).now();
        let id = shop.publish([fact]).await[0];
        let jobs = shop.ended(id, 1).await;
        assert_eq!(jobs[0].status, Status::Performed, "{name}: {jobs:?}");
        seen.push(tags().await);
    }
    assert_eq!(seen, [vec!["lead"], vec!["lead", "leaving"], vec!["lead"]]);
}
