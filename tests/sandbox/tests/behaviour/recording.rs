//! Recorded requests can be read.
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::{Bench, KEY};

#[tokio::test]
async fn requests_are_shown_in_order_with_bodies_and_without_secrets() {
    let bench = Bench::new().await;
    let member = json!({ "email_address": "ann@shop.test", "status_if_new": "subscribed" });
    bench.get("/mailchimp/3.0/ping?note=a%20b").await;
    bench.send(Method::PUT, "/mailchimp/3.0/lists/demo/members/ann@shop.test", member.clone()).await;
    bench.post("/webhook/orders", json!({ "hello": 1 })).await;

    let all = bench.get("/_requests").await.body;
    assert_eq!(all["matched"], 3);
    let [ping, put, hook] = [0, 1, 2].map(|index| all["requests"][index].clone());
    assert_eq!((&ping["seq"], &put["seq"], &hook["seq"]), (&json!(1), &json!(2), &json!(3)));
    assert_eq!(ping["query"], json!({ "note": "a b" }));
    assert_eq!(put["path"], "/3.0/lists/demo/members/ann@shop.test");
    assert_eq!(put["body"], member);
    assert_eq!((&put["status"], &put["applied"], &put["fault"]), (&json!(200), &json!(true), &json!(null)));
    assert_eq!(put["headers"]["authorization"], "Basic [redacted]");
    assert!(!all.to_string().contains(KEY));
    assert_eq!(hook["app"], "webhook");
}

#[tokio::test]
async fn requests_are_narrowed_by_app_number_path_method_and_limit() {
    let bench = Bench::new().await;
    for path in ["ping", "lists", "lists/demo", "lists/none"] {
        bench.get(&format!("/mailchimp/3.0/{path}")).await;
    }
    bench.post("/webhook/a", json!({})).await;
    let count = async |query: &str| bench.get(&format!("/_requests?{query}")).await.body["matched"].clone();
    assert_eq!(count("app=mailchimp").await, 4);
    assert_eq!(count("app=mailchimp&since=2").await, 2);
    assert_eq!(count("path=^/3.0/lists").await, 3);
    assert_eq!(count("method=post").await, 1);
    let counted = bench.get("/_requests?limit=0").await.body;
    assert_eq!(
        (&counted["matched"], &counted["requests"], &counted["last"]),
        (&json!(5), &json!([]), &json!(5))
    );
    let missing = bench.get("/_requests?path=none").await.body;
    assert_eq!(missing["requests"][0]["status"], 404, "an app's own rejection is a response");
    assert_eq!(bench.get("/_requests?path=(").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(bench.get("/_requests?app_=x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn reset_forgets_everything_and_numbers_go_on() {
    let bench = Bench::new().await;
    bench.post("/_state/mailchimp", json!({ "audiences": [{ "id": "extra" }] })).await;
    bench.post("/_faults", json!({ "status": 500 })).await;
    bench.post("/_tokens", json!({ "app": "mailchimp", "token": KEY, "state": "revoked" })).await;
    assert_eq!(bench.get("/mailchimp/3.0/ping").await.status, StatusCode::INTERNAL_SERVER_ERROR);

    assert_eq!(bench.post("/_reset", json!({})).await.status, StatusCode::OK);
    assert_eq!(bench.get("/_faults").await.body, json!({ "faults": [] }));
    assert_eq!(bench.get("/_requests").await.body["requests"], json!([]));
    assert_eq!(bench.get("/mailchimp/3.0/lists/extra").await.status, StatusCode::NOT_FOUND);
    let lists = bench.get("/mailchimp/3.0/lists?fields=lists.name").await.body;
    assert_eq!(lists["lists"][0]["name"], "Demo customers");
    assert_eq!(bench.sandbox.requests("mailchimp")[0]["seq"], 2);
}

#[tokio::test]
async fn what_the_operator_mistypes_is_refused_with_its_name() {
    let bench = Bench::new().await;
    for (path, body, named) in [
        ("/_state/mailchimp", json!({ "audience": [] }), "audience"),
        (
            "/_state/mailchimp",
            json!({ "audiences": [{ "id": "demo", "members": [{ "email": "x" }] }] }),
            "audiences[0]",
        ),
        ("/_state/kit9", json!({}), "kit9"),
        ("/_tokens", json!({ "app": "mailchimp", "token": "t", "state": "lost" }), "state"),
        ("/_tokens", json!({ "app": "mailchump", "token": "t", "state": "valid" }), "mailchump"),
        ("/_faults", json!({ "app": "mailchimp" }), "delay_ms"),
    ] {
        let answer = bench.post(path, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(answer.body["error"].as_str().unwrap().contains(named), "{path}: {}", answer.body);
    }
    assert_eq!(bench.get("/_state/mailchimp?mail=x").await.status, StatusCode::BAD_REQUEST);
    let unknown = bench.get("/mailchump/3.0/ping").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(
        unknown.body["error"]
            .as_str()
            .unwrap()
            .contains("mailchimp, kit, highlevel, circle, kajabi, thinkific, webhook")
    );
    assert_eq!(bench.get("/_health").await.status, StatusCode::OK);
    assert!(bench.get("/_state").await.body["webhook"]["total"] == 0);
}
