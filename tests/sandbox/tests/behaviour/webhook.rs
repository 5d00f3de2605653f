//! The receiver of webhooks.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{Bench, answer};

const SECRET: &str = "whsec_c2FuZGJveC1zYW5kYm94LXNhbmRib3g=";

fn sign(id: &str, timestamp: &str, body: &str) -> String {
    let secret = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

async fn deliver(bench: &Bench, id: &str, signature: String, body: &'static str) {
    let request = bench.call(Method::POST, "/webhook/orders?a=1").header("content-type", "application/json");
    let request = request.header("webhook-id", id).header("webhook-timestamp", "1700000000");
    let answered = answer(request.header("webhook-signature", signature).body(body)).await;
    assert_eq!((answered.status, answered.body), (StatusCode::OK, json!({ "received": true })));
}

#[tokio::test]
async fn any_path_takes_posts_and_keeps_the_body_to_the_byte() {
    let bench = Bench::new().await;
    let body = r#"{ "b": 1,  "a": 2 }"#;
    deliver(&bench, "msg_1", String::from("v1,none"), body).await;
    deliver(&bench, "msg_1", String::from("v1,none"), body).await;
    assert_eq!(bench.get("/webhook/orders").await.status, StatusCode::METHOD_NOT_ALLOWED);
    bench.post("/webhook/deep/er", json!({})).await;

    let state = bench.sandbox.state("webhook").unwrap();
    assert_eq!((&state["total"], &state["times"]), (&json!(3), &json!({ "msg_1": 2 })));
    let first = &state["deliveries"][0];
    assert_eq!(
        (&first["path"], &first["query"], &first["raw"]),
        (&json!("/orders"), &json!("a=1"), &json!(body))
    );
    assert_eq!((&first["body"], &first["verified"]), (&json!({ "a": 2, "b": 1 }), &Value::Null));
    let narrowed = bench.get("/_state/webhook?path=/deep/er").await.body;
    assert_eq!(narrowed["deliveries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn told_a_secret_it_says_whether_a_signature_is_right() {
    let bench = Bench::new().await;
    bench.sandbox.seed("webhook", json!({ "secret": SECRET })).unwrap();
    let body = r#"{"a":1}"#;
    deliver(&bench, "msg_1", format!("v1a,x {}", sign("msg_1", "1700000000", body)), body).await;
    deliver(&bench, "msg_2", sign("msg_1", "1700000000", body), body).await;
    let state = bench.sandbox.state("webhook").unwrap();
    let verified: Vec<_> =
        state["deliveries"].as_array().unwrap().iter().map(|d| d["verified"].clone()).collect();
    assert_eq!(verified, [json!(true), json!(false)]);
    assert!(bench.sandbox.seed("webhook", json!({ "secret": "whsec_%" })).is_err());
}
