//! A login whose test call fails: the access is granted, and the merchant is notified that it was not tested.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::stack::{Engine, Portal, Shop, Stacks};

const ORIGIN: &str = "https://portal.example.com";
/// Each app that logs in, the path of its test call, and whether a test call that returns 404 refuses the login.
const APPS: [(&str, &str, bool); 4] = [
    ("mailchimp", "^/3.0/?$", true),
    ("kit", "^/v4/account", true),
    ("highlevel", "^/locations/", false),
    ("thinkific", "/courses", false),
];

#[tokio::test]
async fn a_login_says_why_its_test_call_failed_whoever_finishes_it() {
    // The stand-ins fail for every test on their stack.
    let shop = Shop::bare_on(Engine::tried().await, "api-untested");
    let bound = json!({ "marketplace_id": "api-untested", "permission": "write", "origin": ORIGIN });
    let page = Portal::open_with(&shop.engine, &bound).await;
    let post = async |path: &str, body: &Value| {
        page.send(page.request(Method::POST, path).header("origin", ORIGIN).json(body)).await
    };
    let faults = format!("{}/_faults", shop.engine.outputs.sandbox_url);
    let allowed = async |begun: Value| {
        let url = format!("{}&decision=allow", begun["url"].as_str().expect("an address"));
        shop.engine.sandbox_redirect(&url).await
    };
    let wish = |app: &str, label: &str| {
        let typed = if app == "thinkific" { json!({ "subdomain": "my-school" }) } else { json!({}) };
        json!({ "app": app, "label": label, "method": "oauth", "credentials": typed, "return_to": format!("{ORIGIN}/back") })
    };
    for (app, path, refuses) in APPS {
        for status in [429, 500, 404] {
            let fault = json!({ "app": app, "method": "GET", "path": path, "status": status });
            shop.engine.sandbox_post("/_faults", &fault).await;
            let label = format!("{app} {status}");
            let wish = wish(app, &label);
            let begun = post("/v1/logins", &wish).await.expect(201);
            let back = shop.engine.sandbox_redirect(&allowed(begun).await).await;
            let mut parameters: BTreeMap<_, _> =
                reqwest::Url::parse(&back).expect("an address").query_pairs().into_owned().collect();
            parameters.remove("app");
            let finished = post("/v1/logins/finish", &json!({ "app": app, "parameters": parameters })).await;
            shop.engine.http.delete(&faults).send().await.expect("the sandbox");
            let log = page.get("/v1/configuration?limit=1").await.expect(200)["items"][0].clone();
            if refuses && status == 404 {
                let refused = finished.expect(422)["detail"].as_str().expect("a reason").to_owned();
                assert_eq!(log["ok"], false, "{label}: {log}");
                assert!(refused.starts_with(log["message"].as_str().expect("text")), "{label}: {refused}");
                continue;
            }
            let finished = finished.expect(200);
            assert_eq!(finished["integration"]["state"], "connected", "{label}: {finished}");
            let why = finished["untested"].as_str().unwrap_or_else(|| panic!("{label}: {finished}"));
            assert!(!why.is_empty(), "{label}");
            assert_eq!(log["message"], format!("Integration connected, but not tested: {why}"), "{label}");
        }
    }
}
