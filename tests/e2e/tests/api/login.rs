//! Connecting an account by logging in with the app, as a merchant does it in a browser.

use reqwest::redirect::Policy;
use serde_json::json;

use crate::stack::{Opens, Portal, Shop};

#[tokio::test]
async fn a_merchant_logs_in_with_an_app_and_comes_back_connected_once() {
    let shop = Shop::open("api-login").await;
    let portal = Portal::open(&shop.engine, "api-login", "write").await;
    let wish = json!({ "app": "kit", "label": "Newsletter", "method": "oauth" });
    let begun = portal.post("/v1/logins", &wish).await.expect(201);
    let page = begun["url"].as_str().expect("an address");

    #[expect(clippy::disallowed_methods, reason = "it plays the merchant's browser")]
    let browser = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client");
    let allowed = browser.get(format!("{page}&decision=allow")).send().await.expect("the page");
    let back = allowed.headers()["location"].to_str().expect("text").to_owned();
    assert!(back.starts_with(&format!("{}/oauth/kit/callback?", shop.engine.outputs.api_url)), "{back}");

    let done = browser.get(&back).send().await.expect("the API");
    assert_eq!(done.status(), 200);
    let said = done.text().await.expect("a page");
    assert!(said.contains("`Newsletter` is connected"), "{said}");
    let integrations = portal.get("/v1/integrations").await.expect(200);
    let is_kit = |one: &&serde_json::Value| one["app"] == "kit" && one["state"] == "connected";
    assert!(
        integrations["items"].as_array().expect("items").iter().any(|one| is_kit(&one)),
        "{integrations}"
    );

    // The same address a second time, as from a browser's history.
    let again = browser.get(&back).send().await.expect("the API");
    assert_eq!(again.status(), 400);
    assert!(again.text().await.expect("a page").contains("used already"));
}

#[tokio::test]
async fn what_was_never_signed_is_of_nobody_whoever_comes_with_it() {
    let shop = Shop::open("api-login-nobody").await;
    for state in ["", "?state=x", "?state=x.y&code=z"] {
        let nobodys =
            shop.engine.visit(&format!("{}/oauth/kit/callback{state}", shop.engine.outputs.api_url)).await;
        assert!(nobodys.status == 400 && nobodys.text.contains("did not begin here"), "{}", nobodys.text);
    }
}

#[tokio::test]
async fn a_merchant_who_declines_finds_it_in_the_configuration_log() {
    let shop = Shop::open("api-login-declined").await;
    let portal = Portal::open(&shop.engine, "api-login-declined", "write").await;
    let wish = json!({ "app": "kit", "label": "Newsletter", "method": "oauth" });
    let begun = portal.post("/v1/logins", &wish).await.expect(201);
    let page = format!("{}&decision=deny", begun["url"].as_str().expect("an address"));
    let back = shop.engine.sandbox_redirect(&page).await;
    let refused = shop.engine.visit(&back).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    let log = portal.get("/v1/configuration?ok=false&q=did%20not%20allow").await.expect(200);
    assert_eq!(
        (&log["items"][0]["app"], &log["items"][0]["action"]),
        (&json!("kit"), &json!("Connect App")),
        "{log}"
    );
}
