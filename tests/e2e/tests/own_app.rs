//! An app of the operator's own: the example of the documentation, packed beside the binaries, in a deployed stack.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use domain::trigger::Trigger;
use serde_json::{Value, json};

use crate::stack::{Engine, Portal, Sample, Shop, Stacks, project, until};

/// Lays out the archives with the example's definition, as `make stage` does for `infra/apps`, and returns the folder.
pub(crate) fn stage() -> PathBuf {
    let (stage, apps) = (project().join(".local/stage-own"), project().join(".local/own-apps"));
    let page = fs::read_to_string(project().join("functions/connectors/README.md")).expect("the page");
    let (_, rest) = page.split_once("```yaml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    fs::create_dir_all(&apps).expect("a folder");
    fs::write(apps.join("bakery.yaml"), example).expect("a file");
    let staged = Command::new(project().join(".local/venv/bin/python"))
        .arg(project().join("infra/local/stage.py"))
        .arg("--to")
        .arg(&stage)
        .arg("--apps")
        .arg(&apps)
        .status();
    assert!(staged.expect("stage.py starts").success());
    stage
}

#[tokio::test]
async fn an_operators_own_app_is_connected_and_performs() {
    let shop = Shop { engine: Engine::own().await, id: "own-app".parse().expect("an id") };
    let portal = Portal::open(&shop.engine, "own-app", "write").await;
    let apps = portal.get("/v1/apps").await.expect(200);
    let apps: Vec<&str> =
        apps["items"].as_array().expect("apps").iter().filter_map(|app| app["label"].as_str()).collect();
    assert_eq!(apps, ["Bakery", "Webhook"]);

    let wish = |key: &str| {
        let credentials = json!({ "shop": "my-shop", "api_key": key });
        json!({ "app": "bakery", "label": "Main", "method": "api_key", "credentials": credentials })
    };
    let refused = portal.post("/v1/integrations", &wish("wrong-key")).await;
    assert!(
        refused.status.is_client_error() && refused.text.contains("Bakery refused the login"),
        "{}",
        refused.text
    );
    assert!(!refused.text.contains("wrong-key"), "{}", refused.text);
    let connected = portal.post("/v1/integrations", &wish("s3cret-bakery-key")).await.expect(201);
    assert_eq!(connected["integration"]["account"], "My Shop");
    let account = connected["integration"]["id"].as_str().expect("an id").to_owned();
    portal.post(&format!("/v1/integrations/{account}/refresh"), &Value::Null).await.expect(200);
    let lists = portal.get(&format!("/v1/integrations/{account}/options/lists")).await.expect(200);
    let lists: Vec<&Value> =
        lists["items"].as_array().expect("lists").iter().map(|list| &list["label"]).collect();
    assert_eq!(lists, ["Bread", "Rolls"], "of two pages");

    for (action, trigger, settings) in [
        ("add_to_list", Trigger::ProductPurchased, json!({ "list_id": "l1" })),
        ("record_sale", Trigger::ProductPurchased, json!({})),
        ("remove_from_list", Trigger::ProductRefunded, json!({ "list_id": "l1" })),
    ] {
        let rule = json!({
            "scope": { "kind": "global" }, "trigger": trigger, "integration": account, "action": action,
            "settings": settings, "enabled": true,
        });
        portal.post("/v1/rules", &rule).await.expect(201);
    }
    let email = "own-app@example.com";
    let ended = async |count: usize| {
        until("the actions", async || {
            let page = portal.get(&format!("/v1/actions?email={email}")).await.expect(200);
            let actions = page["items"].as_array()?.clone();
            let is_over =
                |action: &Value| matches!(action["status"].as_str(), Some("performed" | "already_so"));
            (actions.len() == count && actions.iter().all(is_over)).then_some(actions)
        })
        .await
    };
    let state = async || -> Value {
        let url = format!("{}/_state/bakery", shop.engine.outputs.sandbox_url);
        shop.engine.http.get(url).send().await.expect("the sandbox answers").json().await.expect("JSON")
    };
    let bought = Sample::read("order-completed.one-item").id("own-app-1").email(email).now();
    shop.publish([bought.clone()]).await;
    let actions = ended(2).await;
    assert!(actions.iter().any(|action| action.to_string().contains("one was created")), "{actions:?}");
    let sales = |state: &Value| state["flags"].to_string().matches("sale job_").count();
    let after = state().await;
    assert!(after["flags"].to_string().contains("on l1 p1"), "{after}");
    assert_eq!(sales(&after), 1);
    // The same fact again performs nothing again.
    shop.publish([bought]).await;
    let other = Sample::read("order-completed.one-item").id("own-app-2").email(email).now();
    shop.publish([other]).await;
    ended(4).await;
    assert_eq!(sales(&state().await), 2);
    let logs = shop.engine.log_lines().await;
    let told: Vec<&String> =
        logs.values().flatten().filter(|line| line.contains("s3cret-bakery-key")).collect();
    assert!(told.is_empty(), "{told:?}");
}

#[tokio::test]
async fn an_operators_own_app_is_logged_in_to_and_its_rotating_tokens_are_renewed() {
    let shop = Shop { engine: Engine::own().await, id: "own-login".parse().expect("an id") };
    let portal = Portal::open(&shop.engine, "own-login", "write").await;
    // The first access token is valid for a second.
    shop.engine.sandbox_post("/_oauth/bakery", &json!({ "expires_in": 1 })).await;
    let wish = json!({
        "app": "bakery", "label": "Login", "method": "oauth", "credentials": { "shop": "my-shop" },
    });
    let begun = portal.begin_login(&wish).await.expect(201);
    let page = format!("{}&decision=allow", begun["url"].as_str().expect("an address"));
    let back = shop.engine.sandbox_redirect(&page).await;
    portal.finish_login("bakery", &back).await.expect(200);
    shop.engine.sandbox_post("/_oauth/bakery", &json!({ "expires_in": 86_400 })).await;
    let accounts = portal.get("/v1/integrations").await.expect(200);
    let account = &accounts["items"][0];
    assert_eq!((&account["account"], &account["method"]), (&json!("My Shop"), &json!("oauth")), "{account}");

    let rule = json!({
        "scope": { "kind": "global" }, "trigger": Trigger::ProductPurchased, "integration": account["id"],
        "action": "add_to_list", "settings": { "list_id": "l2" }, "enabled": true,
    });
    portal.post("/v1/rules", &rule).await.expect(201);
    for (round, pairs) in [(1, 2), (2, 3)] {
        let email = format!("own-login-{round}@example.com");
        let id = format!("own-login-{round}");
        shop.publish([Sample::read("order-completed.one-item").id(&id).email(&email).now()]).await;
        until("the action", async || {
            let page = portal.get(&format!("/v1/actions?email={email}")).await.expect(200);
            (page["items"][0]["status"].as_str()? == "performed").then_some(())
        })
        .await;
        let issued = shop.engine.sandbox_get("/_oauth/bakery").await;
        assert_eq!(issued["refresh_tokens"].as_array().map(Vec::len), Some(pairs), "{issued}");
        // A refresh token is valid for one use, so each refresh used the token that the one before it stored.
        assert_eq!(issued["counts"]["refresh"], pairs - 1, "{issued}");
        shop.engine.sandbox_post("/_oauth/bakery", &json!({ "expire": true })).await;
    }
    let logs = shop.engine.log_lines().await;
    let issued = shop.engine.sandbox_get("/_oauth/bakery").await;
    for pair in
        ["access_tokens", "refresh_tokens"].iter().flat_map(|kind| issued[kind].as_array().expect("tokens"))
    {
        let token = pair["token"].as_str().expect("a token");
        assert!(!logs.values().flatten().any(|line| line.contains(token)), "a token is in a log");
    }
}
