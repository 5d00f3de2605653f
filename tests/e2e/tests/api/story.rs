//! A merchant connects an app, writes rules, sells, reads the log, and finds out why an action did not happen.

use domain::app::App;
use domain::trigger::Trigger;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::{Engine, Portal, Sample, Shop, Stacks, until};

/// A key that is recognizable in any output.
const KEY: &str = "5ec4e75ec4e75ec4e75ec4e75ec4e75e-us6";

/// The only action in the log for that address, once it has ended.
async fn logged(portal: &Portal<'_>, email: &str) -> Value {
    until(&format!("an action about {email}"), async || {
        let page = portal.get(&format!("/v1/actions?email={}", email.replace('+', "%2B"))).await.expect(200);
        let action = page["items"].as_array()?.first()?.clone();
        matches!(action["status"].as_str()?, "performed" | "already_so").then_some(action)
    })
    .await
}

#[tokio::test]
async fn a_merchant_connects_writes_rules_sells_and_asks_why_nothing_happened() {
    let shop = Shop { engine: Engine::shared().await, id: "api-story".parse().expect("an id") };
    let portal = Portal::open(&shop.engine, "api-story", "write").await;

    // Connect: a wrong key is rejected with its field; a valid key is tested and named.
    let wish = |key: &str| json!({ "app": "mailchimp", "label": "Main", "method": "api_key", "credentials": { "api_key": key } });
    let refused = portal.post("/v1/integrations", &wish("no key at all")).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "/credentials/api_key");
    assert!(!refused.to_string().contains("no key at all"), "{refused}");
    let connected = portal.post("/v1/integrations", &wish(KEY)).await.expect(201);
    let integration = connected["integration"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(connected["integration"]["account"], "Sandbox");

    // Refresh, and choose from the option lists.
    let refreshed =
        portal.post(&format!("/v1/integrations/{integration}/refresh"), &Value::Null).await.expect(200);
    assert!(refreshed["lists"].as_array().expect("lists").iter().any(|list| list["list"] == "audiences"));
    let lists = portal.get(&format!("/v1/integrations/{integration}/options/audiences?search=demo")).await;
    assert_eq!(lists.expect(200)["items"][0]["value"], "demo");

    // A global rule and a rule for one product.
    let rule = |scope: Value, action: &str, settings: Value| {
        json!({
            "scope": scope, "trigger": Trigger::ProductPurchased, "integration": integration,
            "action": action, "settings": settings, "enabled": true,
        })
    };
    let global = rule(json!({ "kind": "global" }), "add_to_list", json!({ "list_id": "demo" }));
    let answer = portal.post("/v1/rules", &global).await;
    let (tag, global) = (answer.etag.clone(), answer.expect(201));
    let id = global["rule"]["id"].as_str().expect("an id").to_owned();
    let scope = json!({ "kind": "products", "products": ["another-product"] });
    portal
        .post("/v1/rules", &rule(scope, "add_tag", json!({ "list_id": "demo", "tag": ["VIP"] })))
        .await
        .expect(201);

    // A purchase, and its entries in the log.
    let sample = |id: &str| {
        let email = format!("Ada+{id}@api.example.com");
        (Sample::read("order-completed.one-item").id(id).email(&email).now(), email)
    };
    let (first, email) = sample("first");
    shop.publish([first]).await;
    let action = logged(&portal, &email).await;
    assert_eq!((&action["app"], &action["action"]), (&json!(App::MAILCHIMP), &json!("add_to_list")));

    // The rule is disabled; another tab with an old version gets an error.
    let off = json!({ "enabled": false });
    portal.change(Method::PATCH, &format!("/v1/rules/{id}"), &tag, &off).await.expect(200);
    portal.change(Method::PATCH, &format!("/v1/rules/{id}"), &tag, &off).await.expect(412);

    // Another purchase: nothing happens, and the API returns the actual reason.
    let (second, _) = sample("second");
    let event = shop.publish([second]).await[0];
    shop.decided(event, Trigger::ProductPurchased).await;
    let why = portal.get(&format!("/v1/events/{event}/explanation")).await.expect(200);
    let said = why["read"].as_array().expect("rules").iter().find(|said| said["rule"] == id.as_str());
    assert_eq!(said.expect("the rule")["is"], "disabled", "{why}");

    // No response contains the key.
    for path in ["/v1/integrations", "/v1/apps", "/v1/rules", "/v1/actions", "/v1/events"] {
        let answer = portal.get(path).await;
        assert!(answer.status.is_success() && !answer.text.contains(&KEY[..32]), "{path}");
    }
}
