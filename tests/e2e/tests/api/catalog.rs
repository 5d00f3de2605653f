//! The catalog of triggers contains everything that is needed to write a rule.

use domain::trigger::Trigger;
use serde_json::{Value, json};

use crate::stack::{Opens, Portal, Shop};

fn found<'a>(all: &'a Value, key: &str, name: &str) -> &'a Value {
    let mut all = all.as_array().expect("a list").iter();
    all.find(|one| one[key] == name).unwrap_or_else(|| panic!("no {name}"))
}

#[tokio::test]
async fn every_trigger_says_when_it_fires_and_with_what_its_rules_can_be_written() {
    let shop = Shop::open("api-triggers").await;
    let portal = Portal::open(&shop.engine, "api-triggers", "write").await;
    let triggers = portal.get("/v1/triggers").await.expect(200)["items"].clone();
    let keys = triggers.as_array().expect("triggers").iter().map(|one| one["trigger"].as_str());
    let all: Vec<_> = Trigger::ALL.iter().map(|trigger| Some(trigger.key())).collect();
    assert_eq!(keys.collect::<Vec<_>>(), all);

    let bought = found(&triggers, "trigger", "product_purchased");
    let said = ["label", "family", "fact"].map(|part| bought[part].as_str().expect(part));
    assert_eq!(said, ["Product Purchased", "ecommerce", "Order Completed"]);
    assert!(bought["definition"].as_str().expect("text").starts_with("A product was bought"), "{bought}");
    let role = found(&bought["fields"], "field", "item_role");
    assert_eq!((&role["type"], &role["always"]), (&json!("text"), &json!(true)));
    assert_eq!(role["values"], json!(["primary", "upsell", "order_bump", "payment_option"]));
    let started = found(&triggers, "trigger", "course_student_started");
    assert!(!started["fields"].to_string().contains("amount"), "{started}");
    let kajabi =
        |trigger: &Value| trigger["apps"].as_array().expect("apps").iter().any(|one| one["app"] == "kajabi");
    assert!(kajabi(bought) && !kajabi(found(&triggers, "trigger", "prospect_created")));
    let whole = |trigger: &Value| {
        found(&trigger["apps"], "app", "webhook")["actions"].to_string().contains("for_orders")
    };
    assert!(!whole(bought) && whole(found(&triggers, "trigger", "order_completed")));

    // Each field with each of its operators forms a valid condition, and no other operator does.
    let value = |kind: &Value| match kind.as_str().expect("a type") {
        "number" => json!(4900),
        "boolean" => json!(true),
        _ => json!("7"),
    };
    let draft = |condition: Value| {
        json!({ "rule": {
            "scope": { "kind": "global" }, "trigger": "order_completed", "integration": "int_webhook",
            "action": "send_notify_url_post", "conditions": [condition],
        } })
    };
    let invalid = async |condition: Value| {
        let found =
            portal.post("/v1/rules/lint", &draft(condition)).await.expect(200)["findings"].to_string();
        found.contains("condition_invalid")
    };
    for field in found(&triggers, "trigger", "order_completed")["fields"].as_array().expect("fields") {
        let name = field["field"].as_str().expect("a name").replace("<name>", "Oven");
        let operators = field["operators"].as_array().expect("operators");
        for operator in operators {
            let value = match operator["value"].as_str().expect("a number of values") {
                "none" => Value::Null,
                "one" => value(&operator["type"]),
                _ => json!([value(&operator["type"])]),
            };
            let condition = json!({ "field": name, "operator": operator["operator"], "value": value });
            assert!(!invalid(condition.clone()).await, "{condition}");
        }
        for operator in ["contains", "at_least"] {
            if operators.iter().all(|one| one["operator"] != operator) {
                let condition =
                    json!({ "field": name, "operator": operator, "value": value(&field["type"]) });
                assert!(invalid(condition.clone()).await, "{condition}");
            }
        }
    }
}
