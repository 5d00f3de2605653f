//! HTTP Request: requests that a merchant composes.

use domain::app::App;
use domain::log::Status::{Performed, Rejected};
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::walk::Deed::Bought;
use super::walk::{Product, Walk};
use super::way::Way;
use crate::stack::{Engine, Stacks};

const SHOP: &str = "apps-httprequest";

/// An account whose requests have this secret header.
async fn api(header: &str) -> Way {
    let url = format!("{}/httprequest/{SHOP}", Engine::shared().await.outputs.sandbox_url);
    Way::typed(App::HTTP_REQUEST, "address", &[("url", &url), ("header", header), ("test_path", "/me")])
}

async fn received(walk: &Walk, path: &str) -> Vec<Value> {
    let state = walk.shop.engine.sandbox_get(&format!("/_state/httprequest?path=/{SHOP}{path}")).await;
    state["requests"].as_array().expect("requests").clone()
}

#[tokio::test]
async fn a_composed_request_is_sent_for_an_item_once() {
    let mut walk = Walk::begin(SHOP, api("Authorization: Bearer right").await).await;
    assert_eq!(received(&walk, "/me").await[0]["method"], "GET", "the connection test");
    let request = json!({
        "method": "PUT", "path": "/people/{contact.first_name}?product={line.product_id}",
        "body": r#"{"email": "{contact.email}", "amount": "{line.total | money_minor}"}"#,
    });
    walk.sells(&[
        Product::for_good("one", "send_request", request),
        Product::for_good("typo", "send_request", json!({ "body": r#"{"a": "{contact.emial}"}"# })),
    ])
    .await;
    let zoe = Buyer::zoe(&walk.shop);
    let wrong = "`contact.emial` does not exist";
    walk.ends(Bought, &zoe, &[("one", Performed, ""), ("typo", Rejected, wrong)]).await;
    let name = zoe.customer()["first_name"].as_str().expect("a name").to_owned();
    let requests = walk.shop.engine.sandbox_get("/_state/httprequest").await;
    let sent: Vec<&Value> = requests["requests"]
        .as_array()
        .expect("requests")
        .iter()
        .filter(|one| one["method"] == "PUT")
        .collect();
    let [sent] = sent.as_slice() else { panic!("{requests}") };
    assert_eq!((&sent["body"]["email"], &sent["query"]), (&zoe.customer()["email"], &json!("product=one")));
    assert!(sent["body"]["amount"].is_u64(), "{sent} for {name}");

    walk.way = api("Authorization: Bearer wrong").await;
    assert!(walk.way.is_refused(&walk.shop).await.contains("secret headers"));
}
