//! The events that are reported to Meta, and the outcome of each answer, which follow
//! <https://developers.facebook.com/docs/marketing-api/conversions-api> and
//! <https://developers.facebook.com/docs/graph-api/guides/error-handling> (read on 2026-11-30).

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{NOW, Reply, Wire, assert_told, lines};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// The SHA-256 digest of `ada@example.com`, by `printf %s ada@example.com | sha256sum`.
const ADA: &str = "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72";

fn facebook(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("facebook", settings)
}

fn credentials() -> Value {
    json!({"dataset_id": "1234567890", "access_token": "EAAB-secret"})
}

fn wire() -> Wire<Declared> {
    Wire::new(facebook, credentials(), "/facebook/v24.0/1234567890")
}

fn app() -> App {
    "facebook".parse().expect("an app")
}

fn act(action: &str) -> Job {
    super::sale::sale(app(), action, json!({}))
}

fn received() -> Reply {
    Reply::json(200, json!({"events_received": 1, "messages": [], "fbtrace_id": "A2"}))
}

fn refused(status: u16, code: i64, message: &str) -> Reply {
    let error = json!({"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A1"});
    Reply::json(status, json!({"error": error}))
}

#[tokio::test]
async fn a_purchase_has_an_id_that_repetitions_share_and_hashed_people() {
    let (outcome, requests) = wire().perform(&act("send_purchase"), vec![received()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&requests), ["POST /events"]);
    assert_eq!(requests[0].header("authorization"), "Bearer EAAB-secret");
    let event = requests[0].json()["data"][0].clone();
    assert_eq!(event["event_name"], "Purchase");
    assert_eq!(event["event_id"], "ord_1-rye-1795255140");
    assert_eq!(event["event_time"], 1_795_255_140);
    assert_eq!(event["user_data"]["em"], json!([ADA]));
    assert_eq!(event["user_data"].get("ph"), None, "an unknown phone number is left out");
    let expected = json!({
        "currency": "USD", "value": 49, "order_id": "ord_1", "content_type": "product", "content_ids": ["rye"],
        "content_name": "Rye <!channel>", "num_items": 2,
    });
    assert_eq!(event["custom_data"], expected);
    assert_eq!(requests[0].json().get("test_event_code"), None);
    // Another rule's job of the same purchase has the same ID, so that Meta counts one.
    let other = Job { rule: "rul_2".parse().expect("an id"), ..act("send_purchase") };
    let (_, again) = wire().perform(&other, vec![received()]).await;
    assert_eq!(again[0].json(), requests[0].json());
    assert!(!String::from_utf8_lossy(&requests[0].body).contains("ada@"), "no address is sent as it is");
}

#[tokio::test]
async fn an_order_is_one_purchase_and_a_lead_has_no_amount() {
    let (_, order) = wire().perform(&act("send_purchase_for_orders"), vec![received()]).await;
    let event = order[0].json()["data"][0].clone();
    assert_eq!((&event["event_id"], &event["custom_data"]["value"]), (&json!("ord_1"), &json!(53)));
    let (_, lead) = wire().perform(&Job { payload: None, ..act("send_lead") }, vec![received()]).await;
    let event = lead[0].json()["data"][0].clone();
    assert_eq!((&event["event_name"], event.get("custom_data")), (&json!("Lead"), None));
}

#[tokio::test]
async fn events_that_meta_would_refuse_or_count_wrongly_are_not_sent() {
    let mut old = act("send_purchase");
    old.occurred_at = NOW - SignedDuration::from_hours(7 * 24 + 1);
    let mut test = act("send_purchase");
    test.test_mode = true;
    wire()
        .unsent([
            (old, credentials(), "rejected", "older than seven days"),
            (test.clone(), credentials(), "already so", "test mode"),
        ])
        .await;
    let mut with_code = credentials();
    with_code["test_event_code"] = json!("TEST12345");
    let wire = Wire::new(facebook, with_code, "/facebook/v24.0/1234567890");
    let (_, requests) = wire.perform(&test, vec![received()]).await;
    assert_eq!(requests[0].json()["test_event_code"], "TEST12345");
}

#[tokio::test]
async fn metas_codes_are_told_apart() {
    let transient = json!({"error": {"message": "Try later", "code": 341, "is_transient": true}});
    let dataset = json!({"error": {"message": "Unsupported post request", "code": 100, "error_subcode": 33}});
    let answers = [
        ("token", refused(400, 190, "Invalid OAuth access token"), "reconnect", "Generate a new token"),
        ("permission", refused(403, 200, "Permissions error"), "reconnect", "may not use this dataset"),
        ("dataset", Reply::json(400, dataset), "reconnect", "dataset ID"),
        ("limit", refused(400, 4, "Application request limit reached"), "wait", ""),
        ("business limit", refused(403, 80004, "Too many calls"), "wait", ""),
        ("outage", refused(500, 2, "Service temporarily unavailable"), "retry", ""),
        ("transient", Reply::json(400, transient), "retry", ""),
        ("invalid", refused(400, 100, "Invalid parameter"), "rejected", "Invalid parameter"),
    ];
    wire().answers(&act("send_purchase"), &[], &answers).await;
}

#[tokio::test]
async fn an_account_is_its_dataset() {
    let (identity, requests) =
        wire().identify(vec![Reply::json(200, json!({"id": "1234567890", "name": "Bookshop"}))]).await;
    assert_eq!(identity.map(|identity| identity.account), Ok(Some("Bookshop (1234567890)".to_owned())));
    assert_eq!(lines(&requests), ["GET ?fields=id%2Cname"]);
    let (unknown, _) = wire().identify(vec![refused(400, 190, "Cannot parse access token")]).await;
    assert_told(&unknown.expect_err("a refusal"), "reconnect", "token", "identify");
}

#[tokio::test]
async fn it_performs_its_manifest() {
    wire().keeps_the_manifest(act, &[]).await;
}
