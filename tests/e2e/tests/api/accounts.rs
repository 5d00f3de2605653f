//! Connecting accounts: labels, simultaneous logins, and the effects of deleting an account.

use domain::app::App;
use domain::log::Status;
use domain::trigger::Trigger;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::{Answer, Opens, Portal, Sample, Shop, now, until};

/// The account as the merchant sees it.
async fn shown(portal: &Portal<'_>, id: &str) -> Answer {
    portal.get(&format!("/v1/integrations/{id}")).await
}

fn id(connected: &Value) -> String {
    connected["integration"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_label_that_is_taken_names_its_account_which_keeps_its_credentials() {
    let shop = Shop::bare("api-taken").await;
    let portal = Portal::open(&shop.engine, "api-taken", "write").await;
    let wish = |label: &str, key: &str| json!({ "app": "kit", "label": label, "method": "v4_key", "credentials": { "api_key": key } });
    let first = id(&portal.post("/v1/integrations", &wish("Main", "kit_first")).await.expect(201));
    let stored = async || {
        let id = first.parse().expect("an id");
        shop.engine.store.integration(&shop.id, &id, now()).await.expect("the table").expect("an account")
    };
    let before = stored().await;

    let typed = wish("main ", "kit_second");
    let login = json!({ "app": "kit", "label": "Main", "method": "oauth" });
    for taken in [portal.post("/v1/integrations", &typed).await, portal.begin_login(&login).await] {
        let taken = taken.expect(409);
        let said = taken["detail"].as_str().expect("a detail");
        assert!(said.contains(&first) && said.contains("choose another label"), "{said}");
        assert!(said.contains(&format!("PUT /v1/integrations/{first}/credentials")), "{said}");
        assert_eq!(taken["errors"][0]["field"], "/label", "{taken}");
    }
    assert_eq!(stored().await, before);

    // The ways to resolve the conflict.
    portal.post("/v1/integrations", &wish("Second", "kit_second")).await.expect(201);
    let path = format!("/v1/integrations/{first}/credentials");
    let other = json!({ "method": "v4_key", "credentials": { "api_key": "kit_third" } });
    let tag = shown(&portal, &first).await.etag;
    let without = portal.send(portal.request(Method::PUT, &path).json(&other)).await;
    without.expect(428);
    portal.change(Method::PUT, &path, "\"another\"", &other).await.expect(412);
    assert_eq!(stored().await, before);
    portal.change(Method::PUT, &path, &tag, &other).await.expect(200);
    let after = stored().await;
    assert!(after.label == "Main" && after.credentials != before.credentials);

    // A login with both a label and an integration, or with neither, is rejected.
    let login = |more: Value| {
        let mut login = json!({ "app": "kit", "method": "oauth" });
        login.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        login
    };
    portal.begin_login(&login(json!({}))).await.expect(422);
    portal.begin_login(&login(json!({ "label": "Main", "integration": first }))).await.expect(422);
    portal.begin_login(&login(json!({ "integration": "int_nobodys" }))).await.expect(422);
    let mut of_another = login(json!({ "integration": first }));
    of_another["app"] = json!("mailchimp");
    portal.begin_login(&of_another).await.expect(409);
    let begun = portal.begin_login(&login(json!({ "integration": first }))).await.expect(201);

    // The account is renamed while its merchant is at the app, and keeps the new name.
    let (path, tag) = (format!("/v1/integrations/{first}"), shown(&portal, &first).await.etag);
    portal.change(Method::PATCH, &path, &tag, &json!({ "label": "Renamed" })).await.expect(200);
    let page = format!("{}&decision=allow", begun["url"].as_str().expect("an address"));
    let back = shop.engine.sandbox_redirect(&page).await;
    let connected = portal.finish_login("kit", &back).await.expect(200);
    assert_eq!(connected["integration"]["label"], "Renamed", "{connected}");
    assert_eq!(stored().await.method, "oauth");
}

#[tokio::test]
async fn of_two_logins_for_one_label_the_second_leaves_nothing() {
    let shop = Shop::bare("api-two-logins").await;
    let portal = Portal::open(&shop.engine, "api-two-logins", "write").await;
    let wish = json!({ "app": "kit", "label": "Newsletter", "method": "oauth" });
    let mut backs = Vec::new();
    for _ in 0..2 {
        let begun = portal.begin_login(&wish).await.expect(201);
        let page = format!("{}&decision=allow", begun["url"].as_str().expect("an address"));
        backs.push(shop.engine.sandbox_redirect(&page).await);
    }
    portal.finish_login("kit", &backs[0]).await.expect(200);
    let refused = portal.finish_login("kit", &backs[1]).await.expect(409);
    assert!(refused["detail"].as_str().expect("why").contains("label `Newsletter`"), "{refused}");
    let query = shop.engine.table.query().table_name(&shop.engine.outputs.table);
    let query = query
        .key_condition_expression("pk = :pk AND begins_with(sk, :tokens)")
        .expression_attribute_values(":pk", aws_sdk_dynamodb::types::AttributeValue::S(shop.id.to_string()))
        .expression_attribute_values(
            ":tokens",
            aws_sdk_dynamodb::types::AttributeValue::S("TOKEN#".to_owned()),
        );
    let tokens = query.send().await.expect("the table").items.unwrap_or_default();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
}

#[tokio::test]
async fn credentials_that_are_too_long_to_be_stored_are_refused_at_their_field() {
    let shop = Shop::bare("api-too-long").await;
    let portal = Portal::open(&shop.engine, "api-too-long", "write").await;
    let wish = json!({ "app": "kit", "label": "Long", "method": "v4_key", "credentials": { "api_key": "k".repeat(4096) } });
    let refused = portal.post("/v1/integrations", &wish).await.expect(422);
    assert_eq!(refused["errors"][0]["field"], "/credentials", "{refused}");
    assert!(refused["errors"][0]["message"].as_str().expect("text").contains("4,096"), "{refused}");
}

#[tokio::test]
async fn what_deleting_an_account_ends_is_told_before_and_after() {
    let shop = Shop::bare("api-deletion").await;
    let portal = Portal::open(&shop.engine, "api-deletion", "write").await;
    let key = "kit_key-of-api-deletion";
    let wish = json!({ "app": "kit", "label": "Kit", "method": "v4_key", "credentials": { "api_key": key } });
    let account = id(&portal.post("/v1/integrations", &wish).await.expect(201));
    let rule = |enabled: bool| {
        json!({
            "scope": { "kind": "global" }, "trigger": Trigger::ProductPurchased, "integration": account,
            "action": "add_tag", "settings": { "tag": [if enabled { "On" } else { "Off" }] }, "enabled": enabled,
        })
    };
    let on = portal.post("/v1/rules", &rule(true)).await.expect(201)["rule"]["id"].clone();
    portal.post("/v1/rules", &rule(false)).await.expect(201);
    let (rule_id, another) =
        (on.as_str().expect("an id").parse().expect("an id"), "int_another".parse().expect("an id"));
    let off = shop.engine.store.switch_rule_off(&shop.id, &rule_id, &another, now()).await;
    assert!(!off.expect("the table"), "a rule that was given to another account stays on");

    let told = json!({ "app": App::KIT, "token": key, "state": "revoked" });
    shop.engine.sandbox_post("/_tokens", &told).await;
    let sample =
        Sample::read("order-completed.one-item").id("api-deletion").email("ada@deletion.example.com");
    let event = shop.publish([sample.now()]).await[0];
    until("a held action", async || {
        shop.event(event).await.1.into_iter().find(|job| job.status == Status::Held)
    })
    .await;

    let path = format!("/v1/integrations/{account}");
    let before = portal.get(&format!("{path}/deletion")).await;
    let tag = before.etag.clone();
    let before = before.expect(200);
    assert_eq!((&before["rules"], &before["first_rules"]), (&json!(1), &json!([on])), "{before}");
    let count = |count: usize| json!({ "count": count, "more": false });
    assert_eq!((&before["held"], &before["waiting"]), (&count(1), &count(0)), "{before}");

    portal.change(Method::DELETE, &path, "\"another\"", &Value::Null).await.expect(412);
    let gone = portal.change(Method::DELETE, &path, &tag, &Value::Null).await.expect(200);
    assert_eq!((&gone["switched_off"], &gone["held"]), (&json!([on]), &count(1)), "{gone}");
    portal.get(&format!("{path}/deletion")).await.expect(404);
    let log =
        portal.get(&format!("/v1/configuration?kind=integration&integration={account}")).await.expect(200);
    let said = log["items"][0]["message"].as_str().expect("an entry");
    assert_eq!(said, "Integration deleted. Its rule is disabled. It ends 1 action that waited.");
    let ended = async || shop.event(event).await.1.into_iter().find(|job| job.status.is_final());
    assert_eq!(shop.swept("the end of a held action", ended).await.status, Status::Rejected);
}
