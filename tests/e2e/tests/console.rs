//! The reads of the merchants' console: its session, the summary, names, previews, and trying a rule.

mod summary;
mod trial;

use domain::app::App;
use domain::options::{OptionItem, Pulled};
use domain::trigger::Trigger;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::{
    API_KEY, Caller, Engine, Opens, Portal, SIGNING_SECRET, Sample, Shop, Stacks, now, until,
};

fn add_tag(tags: &[&str]) -> Value {
    json!({
        "name": "Buyers get a tag", "scope": { "kind": "products", "products": ["sourdough-course", "gone"] },
        "trigger": "product_purchased", "integration": "int_mailchimp", "action": "add_tag",
        "settings": { "list_id": "demo", "tag": tags },
    })
}

fn actor() -> Value {
    json!({ "id": "usr_7", "name": "Ada Lovelace" })
}

#[tokio::test]
async fn a_session_tells_a_page_what_it_may_do_and_until_when() {
    let engine = Engine::shared().await;
    let wish = json!({
        "marketplace_id": "console-session", "permission": "read", "actor": actor(), "expires_in": 600,
        "origin": "https://console.example.com",
    });
    let opened = engine.call(Caller::Operator, "POST", "/operator/sessions", Some(&wish)).await.expect(201);
    let token = opened["token"].as_str().expect("a token");
    let own = engine.call(Caller::Token(token), "GET", "/v1/session", None).await.expect(200);
    let limits = own["limits"].clone();
    let expected = json!({
        "session": opened["session"], "marketplace_id": "console-session", "permission": "read",
        "actor": actor(), "origin": "https://console.example.com", "limits": limits,
    });
    let mut rest = own.clone();
    let expires_at = rest.as_object_mut().expect("an object").remove("expires_at").expect("a time");
    assert_eq!(rest, expected);
    // A token has whole seconds.
    assert_eq!(expires_at.as_str().map(|at| &at[..19]), opened["expires_at"].as_str().map(|at| &at[..19]));
    assert_eq!(
        (&limits["rules"], &limits["accounts"], &limits["page"]),
        (&json!(1000), &json!(100), &json!(100))
    );
}

#[tokio::test]
async fn an_app_has_a_category_and_a_mark() {
    let engine = Engine::shared().await;
    let portal = Portal::open(&engine, "console-apps", "read").await;
    let apps = portal.get("/v1/apps").await.expect(200);
    let of = |app: &str| apps["items"].as_array()?.iter().find(|item| item["app"] == app).cloned();
    let mailchimp = of("mailchimp").expect("an app");
    assert_eq!(
        (&mailchimp["category"], &mailchimp["mark"]["initials"]),
        (&json!("email_marketing"), &json!("Mc"))
    );
    assert_eq!(of("webhook").expect("an app")["category"], "automation");
}

#[tokio::test]
async fn rules_accounts_and_actions_have_the_names_and_the_authors_that_a_page_shows() {
    let shop = Shop::open("console-names").await;
    let wish = json!({ "marketplace_id": shop.id, "permission": "write", "actor": actor() });
    let portal = Portal::open_with(&shop.engine, &wish).await;
    let product =
        json!({ "product_id": "sourdough-course", "name": "Sourdough Masterclass", "status": "live" });
    portal.send(portal.request(Method::PUT, "/v1/products").json(&product)).await.expect(200);
    let made = portal.post("/v1/rules", &add_tag(&["VIP"])).await.expect(201);
    assert_eq!(made["rule"]["changed_by"], actor());
    let path = format!("/v1/rules/{}", made["rule"]["id"].as_str().expect("an id"));
    for shown in
        [portal.get(&path).await.expect(200), portal.get("/v1/rules").await.expect(200)["items"][0].clone()]
    {
        let names = json!({ "integration": "Mailchimp", "products": { "sourdough-course": "Sourdough Masterclass" } });
        assert_eq!((&shown["names"], &shown["changed_by"]), (&names, &actor()), "{shown}");
    }
    // Another session saves the rule: its actor is shown.
    let unnamed = Portal::open(&shop.engine, shop.id.as_str(), "write").await;
    let tag = made["rule"]["etag"].as_str().expect("a tag");
    unnamed
        .change(Method::PATCH, &path, &format!("\"{tag}\""), &json!({ "enabled": false }))
        .await
        .expect(200);
    assert_eq!(portal.get(&path).await.expect(200)["changed_by"], Value::Null);

    let account = portal.get("/v1/integrations/int_webhook").await;
    assert_eq!(account.body["changed_by"], Value::Null);
    let renamed = portal
        .change(Method::PATCH, "/v1/integrations/int_webhook", &account.etag, &json!({ "label": "Orders" }))
        .await;
    assert_eq!(renamed.expect(200)["changed_by"], actor());

    let tell = json!({ "name": "Tell", "action": "send_notify_url_post_for_orders" });
    shop.rule("console_tell", Trigger::OrderCompleted, App::WEBHOOK, tell).await;
    let order =
        Sample::read("order-completed.one-item").id("console-names").email("ada@names.example.com").now();
    let event = shop.publish([order]).await[0];
    let job = shop.ended(event, 1).await.remove(0).id;
    let shown = portal.get(&format!("/v1/actions/{job}")).await.expect(200);
    let listed = portal.get("/v1/actions").await.expect(200)["items"][0].clone();
    let on_page = portal.get(&format!("/v1/events/{event}")).await.expect(200)["actions"][0].clone();
    let timeline = portal.get("/v1/buyers/timeline?email=ada%40names.example.com").await.expect(200);
    let entries = timeline["items"].as_array().expect("items");
    let of_buyer = entries.iter().find_map(|entry| entry["action"].as_object()).expect("an action");
    for action in [shown, listed, on_page, json!(of_buyer)] {
        assert_eq!((&action["rule_name"], &action["integration_label"]), (&json!("Tell"), &json!("Orders")));
        assert_eq!(action["test"], false);
    }
}

#[tokio::test]
async fn an_action_names_its_target_as_its_rule_does() {
    let shop = Shop::open("console-target").await;
    let portal = Portal::open(&shop.engine, "console-target", "write").await;
    let account = Shop::account(App::MAILCHIMP);
    for (list, option) in [
        ("audiences", OptionItem::new("demo", "Demo audience")),
        ("tags", OptionItem { parent: Some("demo".to_owned()), ..OptionItem::new("VIP", "VIP buyers") }),
    ] {
        let pulled = Pulled { list: list.to_owned(), items: vec![option], at: now(), truncated: false };
        shop.engine.store.save_options(&shop.id, &account, &pulled).await.expect("saved");
    }
    let rule = portal.post("/v1/rules", &add_tag(&["VIP", "typed"])).await.expect(201)["rule"].clone();
    assert_eq!(rule["labels"], json!({ "demo": "Demo audience", "VIP": "VIP buyers" }));
    let email = "ada@target.example.com";
    let order = Sample::read("order-completed.one-item").id("console-target").email(email).now();
    let event = shop.publish([order]).await[0];
    let list = json!({ "setting": "list_id", "value": "demo", "label": "Demo audience" });
    let target =
        |value: &str, label: Value| json!([list, { "setting": "tag", "value": value, "label": label }]);
    let expected = [target("VIP", json!("VIP buyers")), target("typed", Value::Null)];
    let targets_of = |actions: &Value| {
        let actions = actions.as_array().expect("actions").iter();
        let mut targets: Vec<_> = actions.map(|action| action["target"].clone()).collect();
        targets.sort_by_key(Value::to_string);
        targets
    };
    let path = format!("/v1/events/{event}");
    let shown = until("two actions", async || {
        let shown = portal.get(&path).await.body["actions"].clone();
        (shown.as_array()?.len() == 2).then_some(shown)
    });
    assert_eq!(targets_of(&shown.await), expected);
    assert_eq!(targets_of(&portal.get("/v1/actions").await.expect(200)["items"]), expected);
    let found = portal.get("/v1/actions?q=TYPED").await.expect(200);
    assert_eq!(targets_of(&found["items"]), expected[1..]);
    // The values stay when the rule is gone, without the labels.
    let etag = format!("\"{}\"", rule["etag"].as_str().expect("a version"));
    let path = format!("/v1/rules/{}", rule["id"].as_str().expect("an id"));
    portal.change(Method::DELETE, &path, &etag, &Value::Null).await.expect(204);
    let left = portal.get("/v1/actions?q=vip").await.expect(200)["items"][0]["target"].clone();
    assert_eq!((&left[1]["value"], &left[1]["label"]), (&json!("VIP"), &Value::Null));
}

#[tokio::test]
async fn the_rule_that_an_action_requires_is_suggested() {
    let shop = Shop::open("console-required").await;
    let portal = Portal::open(&shop.engine, "console-required", "write").await;
    let suggested = async || {
        let draft = json!({ "rule": add_tag(&["VIP"]) });
        let [linted, previewed] =
            ["/v1/rules/lint", "/v1/rules/preview"].map(|path| portal.post(path, &draft));
        let (linted, previewed) = (linted.await.expect(200), previewed.await.expect(200));
        assert_eq!(linted["findings"], previewed["findings"]);
        let findings = linted["findings"].as_array().expect("findings").clone();
        findings.into_iter().find(|finding| finding["code"] == "action_required")
    };
    let finding = suggested().await.expect("a finding");
    assert_eq!((&finding["severity"], &finding["field"]), (&json!("warning"), &json!("/action")));
    let suggestion = &finding["suggestion"];
    assert_eq!(
        (&suggestion["action"], &suggestion["settings"]),
        (&json!("add_to_list"), &json!({ "list_id": "demo" }))
    );
    assert_eq!(suggestion["scope"], add_tag(&[])["scope"]);
    // The suggestion is a rule that can be created as it is. While it is disabled, it is still missing.
    let made = portal.post("/v1/rules", suggestion).await;
    assert_eq!(suggested().await, None, "{}", made.text);
    let path = format!("/v1/rules/{}", made.body["rule"]["id"].as_str().expect("an id"));
    portal.change(Method::PATCH, &path, &made.etag, &json!({ "enabled": false })).await.expect(200);
    assert!(suggested().await.is_some());
}

#[tokio::test]
async fn a_preview_shows_the_requests_of_a_draft_and_nothing_leaves() {
    let shop = Shop::open("console-preview").await;
    // A reader can preview.
    let portal = Portal::open(&shop.engine, "console-preview", "read").await;
    let before = shop.engine.sandbox_get("/_state/mailchimp?list=demo&email=ada%40preview.example.com").await;
    let contact = json!({ "email": "ada@preview.example.com", "first_name": "Ada" });
    let asked = json!({ "rule": add_tag(&["VIP", "Baker", "Rye", "Spelt"]), "contact": contact });
    let answer = portal.post("/v1/rules/preview", &asked).await;
    assert!(!answer.text.contains(&API_KEY[..16]), "{}", answer.text);
    let preview = answer.expect(200);
    assert_eq!((preview["actions"].as_array().map(Vec::len), &preview["more"]), (Some(3), &json!(1)));
    let first = &preview["actions"][0];
    assert_eq!(
        (&first["email"], &first["settings"]["tag"]),
        (&json!("ada@preview.example.com"), &json!("VIP"))
    );
    let request = &first["requests"][0];
    assert_eq!(request["body"], json!({ "tags": [{ "name": "VIP", "status": "active" }] }));
    assert!(request["url"].as_str().is_some_and(|url| url.contains("/3.0/lists/demo/members/")), "{request}");
    assert_eq!((&first["continues"], &first["reason"]), (&json!(false), &Value::Null));
    let after = shop.engine.sandbox_get("/_state/mailchimp?list=demo&email=ada%40preview.example.com").await;
    assert_eq!(before, after, "the app was not called");
    assert_eq!(portal.get("/v1/events").await.expect(200)["items"], json!([]));

    // For a stored event: the webhook's message is the fact as it was published.
    let tell = json!({ "action": "send_notify_url_post_for_orders" });
    let rule = shop.rule("console_preview", Trigger::OrderCompleted, App::WEBHOOK, tell).await;
    let order = Sample::read("order-completed.one-item")
        .id("console-preview")
        .email("grace@preview.example.com")
        .now();
    let event = shop.publish([order]).await[0];
    shop.ended(event, 1).await;
    let answer = portal.post("/v1/rules/preview", &json!({ "id": rule, "event": event })).await;
    assert!(!answer.text.contains(&SIGNING_SECRET[6..]), "{}", answer.text);
    let preview = answer.expect(200);
    let request = &preview["actions"][0]["requests"][0];
    assert_eq!(request["body"]["data"]["customer"]["email"], "grace@preview.example.com");
    assert_eq!(shop.deliveries().await.len(), 1, "the preview sent no message");

    let mut other_products = add_tag(&["VIP"]);
    other_products["scope"]["products"] = json!(["gone"]);
    for (wrong, status, field) in [
        (json!({ "rule": add_tag(&["VIP"]), "event": "evt_none" }), 422, "/event"),
        (json!({ "rule": other_products, "event": event }), 422, "/event"),
        (json!({}), 422, "/rule"),
    ] {
        let refused = portal.post("/v1/rules/preview", &wrong).await.expect(status);
        assert_eq!(refused["errors"][0]["field"], field, "{wrong}");
    }
    portal.post("/v1/rules/preview", &json!({ "id": "rul_none" })).await.expect(404);
}
