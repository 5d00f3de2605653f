//! Rules in the portal: their names, their times, and many of them at once.

use domain::app::App;
use domain::trigger::Trigger;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::{Opens, Portal, Sample, Shop};

const TELL: &str = "send_notify_url_post_for_orders";

fn rule(name: &str) -> Value {
    json!({
        "name": name, "scope": { "kind": "global" }, "trigger": "order_completed", "integration": "int_webhook",
        "action": TELL,
    })
}

/// The id and the version of a saved rule.
async fn written(portal: &Portal<'_>, rule: &Value) -> (String, String) {
    let made = portal.post("/v1/rules", rule).await.expect(201)["rule"].clone();
    let text = |key: &str| made[key].as_str().expect(key).to_owned();
    (text("id"), text("etag"))
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn a_rules_name_is_kept_by_changes_export_and_import() {
    let shop = Shop::open("api-rule-names").await;
    let portal = Portal::open(&shop.engine, "api-rule-names", "write").await;
    let (id, etag) = written(&portal, &rule("  Tell the warehouse ")).await;
    let path = format!("/v1/rules/{id}");
    let made = portal.get(&path).await.expect(200);
    assert_eq!((&made["name"], &made["created_at"]), (&json!("Tell the warehouse"), &made["updated_at"]));

    let off = portal.change(Method::PATCH, &path, &format!("\"{etag}\""), &json!({ "enabled": false })).await;
    let off = off.expect(200)["rule"].clone();
    assert_eq!((&off["name"], &off["created_at"]), (&made["name"], &made["created_at"]));
    let time = |rule: &Value| rule["updated_at"].as_str().expect("a time").parse::<jiff::Timestamp>();
    assert!(time(&off).expect("a time") > time(&made).expect("a time"), "{off}");

    let document = portal.get("/v1/rules/export").await.text;
    assert!(
        document.contains(&format!("id: {id}")) && document.contains("name: Tell the warehouse"),
        "{document}"
    );
    let import = async |document: &str| {
        portal.post("/v1/rules/import", &json!({ "document": document })).await.expect(200)
    };
    assert_eq!(import(&document).await["unchanged"], 1);
    let renamed = import(&document.replace("Tell the warehouse", "Tell them")).await;
    let change = &renamed["rules"][0];
    assert_eq!(
        (&change["rule"], &change["name"], &change["parts"]),
        (&json!(id), &json!("Tell them"), &json!(["name"]))
    );

    for wrong in ["x".repeat(101), "two\nlines".to_owned()] {
        let refused = portal.post("/v1/rules", &rule(&wrong)).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "/name", "{refused}");
    }
    assert_eq!(portal.post("/v1/rules", &rule(" ")).await.expect(201)["rule"]["name"], Value::Null);
}

#[tokio::test]
async fn rules_are_found_by_the_product_that_they_apply_to_and_by_when_they_were_saved() {
    let shop = Shop::open("api-rule-filters").await;
    let portal = Portal::open(&shop.engine, "api-rule-filters", "write").await;
    let (global, _) = written(&portal, &rule("global")).await;
    let of = |product: &str| {
        let mut rule = rule(product);
        rule["scope"] = json!({ "kind": "products", "products": [product] });
        rule
    };
    let (mine, _) = written(&portal, &of("mine")).await;
    let (other, etag) = written(&portal, &of("other")).await;
    let mut both = vec![global.as_str(), mine.as_str()];
    both.sort_unstable();
    for (query, expected) in [
        ("product=mine", vec![mine.as_str()]),
        ("product=mine&include_global=false", vec![mine.as_str()]),
        ("product=mine&include_global=true", both.clone()),
        ("product=mine&include_global=true&trigger=order_completed", both),
        ("product=mine&include_global=true&scope=products", vec![mine.as_str()]),
        ("product=mine&include_global=true&trigger=checkout_failed", vec![]),
    ] {
        assert_eq!(ids(&portal.get(&format!("/v1/rules?{query}")).await.expect(200)), expected, "{query}");
    }
    portal.get("/v1/rules?include_global=true").await.expect(422);

    let path = format!("/v1/rules/{other}");
    let off = portal.change(Method::PATCH, &path, &format!("\"{etag}\""), &json!({ "enabled": false })).await;
    let off = off.expect(200);
    let since = off["rule"]["updated_at"].as_str().expect("a time");
    let changed = portal.get(&format!("/v1/rules?updated_since={since}")).await.expect(200);
    assert_eq!(ids(&changed), [other.as_str()]);
}

#[tokio::test]
async fn a_rule_says_when_it_last_fired() {
    let shop = Shop::open("api-last-fired").await;
    let portal = Portal::open(&shop.engine, "api-last-fired", "read").await;
    let id = shop.rule("tells", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    let quiet = shop.rule("quiet", Trigger::CheckoutFailed, App::WEBHOOK, json!({ "action": TELL })).await;
    let last = async |id: &str| portal.get(&format!("/v1/rules/{id}/last-fired")).await.expect(200);
    assert_eq!(last(id.as_str()).await["fired_at"], Value::Null);

    let order =
        |id: &str| Sample::read("order-completed.one-item").id(id).email("ada@last.example.com").now();
    let mut newest = None;
    for id in ["first", "second"] {
        let event = shop.publish([order(id)]).await[0];
        newest = shop.ended(event, 1).await.pop();
    }
    let newest = newest.expect("an action");
    let found = last(id.as_str()).await;
    assert_eq!(found["action"], newest.id.to_string(), "{found}");
    assert_eq!(found["fired_at"], newest.occurred_at.to_string(), "{found}");
    assert_eq!((&found["status"], &found["read_until"]), (&json!("performed"), &Value::Null));
    // The log has ended, so an empty result means that there is no action.
    let none = last(quiet.as_str()).await;
    assert_eq!((&none["fired_at"], &none["read_until"]), (&Value::Null, &Value::Null));
    portal.get("/v1/rules/rul_none/last-fired").await.expect(404);
}

#[tokio::test]
async fn many_rules_are_changed_at_once_each_in_the_version_that_was_read() {
    let shop = Shop::open("api-bulk").await;
    let portal = Portal::open(&shop.engine, "api-bulk", "write").await;
    let others = Shop::open("api-bulk-other").await;
    let foreign =
        others.rule("foreign", Trigger::OrderCompleted, App::WEBHOOK, json!({ "action": TELL })).await;
    let never = json!([{ "field": "test_mode", "operator": "equals", "value": "never" }]);
    // Saved before such a condition was rejected.
    let wrong = json!({ "action": TELL, "enabled": false, "conditions": never });
    let wrong = shop.rule("wrong", Trigger::OrderCompleted, App::WEBHOOK, wrong).await.to_string();
    let (first, first_tag) = written(&portal, &rule("first")).await;
    let (second, second_tag) = written(&portal, &rule("second")).await;
    let wrong_tag = portal.get(&format!("/v1/rules/{wrong}")).await.expect(200)["etag"].clone();
    let bulk = async |change: &str, rules: &[(&str, &str)]| {
        let rules: Vec<_> = rules.iter().map(|(rule, etag)| json!({ "rule": rule, "etag": etag })).collect();
        portal.post("/v1/rules/bulk", &json!({ "change": change, "rules": rules })).await
    };
    let statuses = |done: &Value| {
        let results = done["results"].as_array().expect("results").iter();
        results.map(|result| result["status"].as_u64().expect("a status")).collect::<Vec<_>>()
    };
    let enabled =
        async |id: &str| portal.get(&format!("/v1/rules/{id}")).await.expect(200)["enabled"].clone();

    let rules: [(&str, &str); 4] =
        [(&first, &first_tag), (&second, "stale"), (foreign.as_str(), "x"), ("rul_none", "x")];
    let done = bulk("disable", &rules).await.expect(200);
    assert_eq!(statuses(&done), [200, 412, 404, 404], "{done}");
    assert!(done["results"][1]["problem"]["detail"].to_string().contains("has changed"), "{done}");
    assert_eq!((enabled(&first).await, enabled(&second).await), (json!(false), json!(true)));
    let first_tag = done["results"][0]["etag"].as_str().expect("a version").to_owned();

    let done = bulk("enable", &[(&first, &first_tag), (&wrong, wrong_tag.as_str().expect("a tag"))])
        .await
        .expect(200);
    assert_eq!(statuses(&done), [200, 422], "{done}");
    assert_eq!(done["results"][1]["problem"]["errors"][0]["field"], "/conditions/0/value", "{done}");
    assert!(done["results"][0]["warnings"].to_string().contains("duplicate"), "of the second: {done}");
    let first_tag = done["results"][0]["etag"].as_str().expect("a version").to_owned();

    let copy = async || {
        let body = json!({ "change": "duplicate", "rules": [{ "rule": first, "etag": first_tag }] });
        let request = portal.request(Method::POST, "/v1/rules/bulk").header("idempotency-key", "copy");
        portal.send(request.json(&body)).await.expect(200)
    };
    let done = copy().await;
    assert_eq!(copy().await, done, "a repetition makes no second copy");
    let copied =
        portal.get(&format!("/v1/rules/{}", done["results"][0]["copy"].as_str().expect("a copy"))).await;
    let copied = copied.expect(200);
    assert_eq!((&copied["name"], &copied["enabled"]), (&json!("first (copy)"), &json!(false)));
    assert_eq!((&copied["action"], &copied["etag"]), (&json!(TELL), &done["results"][0]["etag"]));

    let done = bulk("delete", &[(&first, &first_tag), (&second, &second_tag)]).await.expect(200);
    assert_eq!(statuses(&done), [204, 204]);
    portal.get(&format!("/v1/rules/{first}")).await.expect(404);

    for (rules, field) in [
        (vec![], "/rules"),
        (vec![("rul_a", "x"); 51], "/rules"),
        (vec![("rul_a", "x"), ("rul_b", "x"), ("rul_a", "x")], "/rules/2/rule"),
    ] {
        let refused = bulk("delete", &rules).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], field, "{refused}");
    }
    let untouched =
        others.engine.store.rule(&others.id, &foreign, crate::stack::now()).await.expect("the table");
    assert!(untouched.expect("a rule").enabled);
    let looks = Portal::open(&shop.engine, "api-bulk", "read").await;
    let body = json!({ "change": "delete", "rules": [{ "rule": wrong, "etag": wrong_tag }] });
    looks.post("/v1/rules/bulk", &body).await.expect(403);
}
