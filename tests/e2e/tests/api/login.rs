//! Connecting an account by logging in with the app, as a merchant does in a browser.

use reqwest::Method;
use serde_json::json;

use crate::stack::{Answer, ORIGIN, Opens, Portal, Shop};

/// Sends a request from a page at [`ORIGIN`].
async fn from_page(portal: &Portal<'_>, path: &str, body: &serde_json::Value) -> Answer {
    portal.send(portal.request(Method::POST, path).header("origin", ORIGIN).json(body)).await
}

#[tokio::test]
async fn a_merchant_logs_in_with_an_app_and_comes_back_connected_once() {
    let shop = Shop::open("api-login").await;
    let portal = Portal::open(&shop.engine, "api-login", "write").await;
    let wish = json!({ "app": "kit", "label": "Newsletter", "method": "oauth" });
    let begun = portal.begin_login(&wish).await.expect(201);
    let page = format!("{}&decision=allow", begun["url"].as_str().expect("an address"));
    let back = shop.engine.sandbox_redirect(&page).await;
    assert!(back.starts_with(&format!("{}/oauth/kit/callback?", shop.engine.outputs.api_url)), "{back}");
    let connected = portal.finish_login("kit", &back).await.expect(200);
    assert_eq!(connected["integration"]["state"], "connected", "{connected}");
    // The same address a second time, such as from a browser's history.
    let again = shop.engine.visit(&back).await;
    assert!(again.status == 400 && again.text.contains("used already"), "{}", again.text);
}

#[tokio::test]
async fn what_was_never_signed_is_of_nobody_whoever_comes_with_it() {
    let shop = Shop::open("api-login-none").await;
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
    let begun = portal.begin_login(&wish).await.expect(201);
    let page = format!("{}&decision=deny", begun["url"].as_str().expect("an address"));
    let back = shop.engine.sandbox_redirect(&page).await;
    portal.finish_login("kit", &back).await.expect(422);
    let log = portal.get("/v1/configuration?ok=false&q=did%20not%20authorize").await.expect(200);
    assert_eq!(
        (&log["items"][0]["app"], &log["items"][0]["action"]),
        (&json!("kit"), &json!("Connect App")),
        "{log}"
    );
}

#[tokio::test]
async fn a_login_that_a_portal_began_is_finished_by_that_portal_alone() {
    let shop = Shop::bare("api-login-portal").await;
    let bound = async |marketplace: &str| {
        let wish = json!({ "marketplace_id": marketplace, "permission": "write", "origin": ORIGIN });
        Portal::open_with(&shop.engine, &wish).await
    };
    let (portal, others) = (bound("api-login-portal").await, bound("api-login-victim").await);
    let wish = |page: Option<&str>| json!({ "app": "kit", "label": "Newsletter", "method": "oauth", "return_to": page });
    let elsewhere = [
        "https://evil.example.com/back",
        "https://portal.example.com.evil.example/",
        "/back",
        "javascript:1",
    ];
    for page in elsewhere.map(Some).into_iter().chain([None, Some("https://portal.example.com/#back")]) {
        let refused = from_page(&portal, "/v1/logins", &wish(page)).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "/return_to", "{refused}");
        assert!(refused["errors"][0]["message"].as_str().expect("text").contains(ORIGIN), "{refused}");
    }
    let unbound = json!({ "marketplace_id": shop.id, "permission": "write" });
    let unbound = Portal::open_with(&shop.engine, &unbound).await;
    for page in [None, Some("https://portal.example.com/back")] {
        let refused = unbound.post("/v1/logins", &wish(page)).await.expect(403);
        assert!(refused["detail"].as_str().expect("text").contains("`origin`"), "{refused}");
    }

    // The address is sent to another person, who allows the access. They return to the portal's page, but began no
    // login there.
    let begun = from_page(&portal, "/v1/logins", &wish(Some("https://portal.example.com/back?tab=1"))).await;
    let page = format!("{}&decision=allow", begun.expect(201)["url"].as_str().expect("an address"));
    let callback = shop.engine.sandbox_redirect(&page).await;
    let back = shop.engine.sandbox_redirect(&callback).await;
    assert!(back.starts_with("https://portal.example.com/back?tab=1&app=kit&code="), "{back}");
    let mut parameters: std::collections::BTreeMap<_, _> =
        reqwest::Url::parse(&back).expect("an address").query_pairs().into_owned().collect();
    assert_eq!(
        parameters.remove("tab").zip(parameters.remove("app")),
        Some(("1".to_owned(), "kit".to_owned()))
    );
    let finish = json!({ "app": "kit", "parameters": parameters });
    let refused = from_page(&others, "/v1/logins/finish", &finish).await.expect(422);
    assert!(refused["detail"].as_str().expect("text").contains("not started in this portal"), "{refused}");
    for nobodys in [&portal, &others] {
        assert_eq!(nobodys.get("/v1/integrations").await.expect(200)["items"], json!([]));
    }

    // The portal that began the login can still finish it, once.
    let connected = from_page(&portal, "/v1/logins/finish", &finish).await.expect(200);
    assert_eq!(connected["integration"]["label"], "Newsletter", "{connected}");
    let again = from_page(&portal, "/v1/logins/finish", &finish).await.expect(422);
    assert!(again["detail"].as_str().expect("text").contains("used already"), "{again}");
    let gone = shop.engine.visit(&callback).await;
    assert!(gone.status == 400 && gone.text.contains("used already"), "{}", gone.text);
}
