//! The requests, and the outcome of each response of a receiver.
#![expect(clippy::unwrap_used, reason = "in a test")]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use connector::call::Identity;
use connector::http::HttpSettings;
use connector::testing::{
    NOW, Received, Reply, Stub, assert_told, attempt, identify, job, previewed_lines, previews, told,
};
use domain::app::App;
use domain::job::Job;
use domain::manifest::Catalog;
use domain::outcome::{Outcome, Setback};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use webhook::Webhook;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn a_job() -> Job {
    let mut job = job(App::WEBHOOK, "send_notify_url_post", json!({}));
    job.line = Some("0".to_owned());
    let payload = json!({
        "id": "f1",
        "customer": {"id": "c1", "email": "ada@example.com", "first_name": "Zoë"},
        "item": {"product_id": "p1", "price": {"amount": 4900, "currency": "USD"}},
    });
    job.payload = Some(payload.into());
    job
}

async fn perform_nth(nth: u32, reply: Reply) -> (Outcome, Vec<Received>) {
    let stub = Stub::start([reply]).await.unwrap();
    let webhook = Webhook::new(&stub.settings()).unwrap();
    let url = format!("{}/hooks/s3cret?token=s3cret", stub.address());
    let outcome = attempt(&webhook, &a_job(), json!({"url": url, "signing_secret": SECRET}), nth).await;
    (outcome, stub.received())
}

async fn perform(reply: Reply) -> (Outcome, Vec<Received>) {
    perform_nth(1, reply).await
}

/// HMAC-SHA-256 from its definition (RFC 2104), so that the test does not use the connector's implementation.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let pad =
        |byte: u8| -> Vec<u8> { (0..64).map(|i| key.get(i).copied().unwrap_or_default() ^ byte).collect() };
    let inner = Sha256::digest([pad(0x36).as_slice(), text].concat());
    Sha256::digest([pad(0x5c).as_slice(), inner.as_slice()].concat()).to_vec()
}

#[tokio::test]
async fn a_message_is_one_signed_post() {
    let (outcome, received) = perform(Reply::status(204)).await;
    assert_eq!(outcome, Outcome::DONE);
    let [request] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!(request.line(), "POST /hooks/s3cret?token=s3cret");
    assert_eq!(request.header("content-type"), "application/json");
    let job = a_job();
    assert_eq!(
        request.json(),
        json!({
            "type": "product_purchased",
            "id": job.id.to_string(),
            "timestamp": "2026-11-21T09:59:00Z",
            "data": job.payload,
        })
    );
    assert_signed(request, &job.id.to_string());
}

/// Verifies that the headers of Standard Webhooks belong to this message.
#[track_caller]
fn assert_signed(request: &Received, id: &str) {
    assert_eq!(request.header("webhook-id"), id);
    assert_eq!(request.header("webhook-timestamp"), NOW.as_second().to_string());
    let key = BASE64_STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let signed = [format!("{id}.{}.", NOW.as_second()).as_bytes(), &request.body].concat();
    let expected = format!("v1,{}", BASE64_STANDARD.encode(hmac(&key, &signed)));
    assert_eq!(request.header("webhook-signature"), expected);
}

#[tokio::test]
async fn while_a_secret_is_changed_a_message_is_signed_with_both() {
    let stub = Stub::start([Reply::status(202)]).await.unwrap();
    let webhook = Webhook::new(&stub.settings()).unwrap();
    let new = "whsec_Zm9yIHdob2V2ZXIgdmVyaWZpZXMgaXQgbmV4dA==";
    let credentials =
        json!({"url": stub.address(), "signing_secret": new, "previous_signing_secret": SECRET});
    assert_eq!(identify(&webhook, credentials).await, Ok(Identity::default()));
    let received = stub.received();
    let [request] = received.as_slice() else { panic!("{received:?}") };
    let signed = [format!("test_1795255200000.{}.", NOW.as_second()).as_bytes(), &request.body].concat();
    let signatures = [new, SECRET].map(|secret| {
        let key = BASE64_STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap();
        format!("v1,{}", BASE64_STANDARD.encode(hmac(&key, &signed)))
    });
    assert_eq!(request.header("webhook-signature"), signatures.join(" "));
}

#[tokio::test]
async fn the_connection_test_is_a_signed_post_of_type_test() {
    let deliver = async |reply: Reply| {
        let stub = Stub::start([reply]).await.unwrap();
        let webhook = Webhook::new(&stub.settings()).unwrap();
        let url = format!("{}/hooks/s3cret?token=s3cret", stub.address());
        let identity = identify(&webhook, json!({"url": url, "signing_secret": SECRET})).await;
        (identity, stub.received())
    };
    let (identity, received) = deliver(Reply::status(202)).await;
    assert_eq!(identity, Ok(Identity::default()));
    let [request] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!(request.line(), "POST /hooks/s3cret?token=s3cret");
    assert_eq!(request.header("content-type"), "application/json");
    let id = "test_1795255200000";
    let body = json!({"type": "test", "id": id, "timestamp": "2026-11-21T10:00:00Z", "data": {}});
    assert_eq!(request.json(), body);
    assert_signed(request, id);

    for (reply, kind, words) in [
        (Reply::text(400, "no such hook"), "rejected", ": no such hook"),
        (Reply::text(401, "bad signature"), "reconnect", ": bad signature"),
        (Reply::status(410), "rejected", "accepts no more"),
        (Reply::status(302).header("location", "https://www.example.com/"), "rejected", "www.example.com"),
        (Reply::status(429), "wait", "no more calls"),
        (Reply::status(500), "retry", "500"),
        (Reply::Silence, "retry", "did not answer in time"),
    ] {
        let case = format!("{reply:?}");
        let (identity, received) = deliver(reply).await;
        let refused = identity.unwrap_err();
        assert_told(&refused, kind, words, &case);
        assert!(!told(&refused).contains("s3cret") && received.len() == 1, "{case}");
    }
    let nowhere = Webhook::new(&HttpSettings::default()).unwrap();
    for (url, secret, kind, words) in [
        ("https://127.0.0.1/s3cret", SECRET, "rejected", "not on the public internet"),
        ("https://hooks.example.com/s3cret", "s3cret", "reconnect", "whsec_"),
    ] {
        let refused = identify(&nowhere, json!({"url": url, "signing_secret": secret})).await.unwrap_err();
        assert_told(&refused, kind, words, url);
    }
}

#[tokio::test]
async fn another_attempt_is_the_same_message() {
    let (_, first) = perform_nth(1, Reply::status(500)).await;
    let (_, second) = perform_nth(2, Reply::status(200)).await;
    assert_eq!(first[0].header("webhook-id"), second[0].header("webhook-id"));
    assert_eq!(first[0].body, second[0].body);
}

#[tokio::test]
async fn every_answer_has_its_outcome() {
    let elsewhere = "https://www.example.com/s3cret?token=s3cret";
    for (reply, kind, words) in [
        (Reply::status(200), "done", ""),
        (Reply::text(202, "<html>thanks</html>"), "done", ""),
        (Reply::text(200, &"x".repeat(1 << 20)), "done", ""),
        (Reply::Trickle, "done", ""),
        (Reply::status(301).header("location", elsewhere), "rejected", "redirect to www.example.com, which"),
        (Reply::status(307).header("location", "/elsewhere"), "rejected", "redirect, which is not followed"),
        (Reply::text(400, "no\nsuch  hook"), "rejected", ": no such hook"),
        (Reply::text(401, "bad signature"), "reconnect", ": bad signature"),
        (Reply::status(403), "rejected", "403 Forbidden"),
        (Reply::status(404), "rejected", "404 Not Found"),
        (Reply::status(408), "retry", "408"),
        (Reply::status(410), "rejected", "accepts no more"),
        (Reply::status(422), "rejected", "422"),
        (Reply::status(425), "retry", "425"),
        (Reply::status(429), "wait", "no more calls"),
        (Reply::text(500, "oops"), "retry", ": oops"),
        (Reply::status(502), "retry", "502"),
        (Reply::status(503), "retry", "503"),
        (Reply::status(503).header("retry-after", "30"), "wait", "no more calls"),
        (Reply::status(504), "retry", "504"),
        (Reply::Silence, "retry", "did not answer in time"),
        (Reply::HangUp, "retry", "was interrupted"),
    ] {
        let case = format!("{:.80}", format!("{reply:?}"));
        let (outcome, received) = perform(reply).await;
        assert_told(&outcome, kind, words, &case);
        assert!(!told(&outcome).contains("s3cret"), "{case}");
        assert_eq!(received.len(), 1, "{case}");
    }
}

#[tokio::test]
async fn a_long_refusal_is_cut() {
    let (outcome, _) = perform(Reply::text(400, &"é".repeat(5000))).await;
    assert_eq!(told(&outcome).matches('é').count(), 300);
}

#[tokio::test]
async fn a_named_time_is_waited_for() {
    for (reply, seconds) in [
        (Reply::status(429), 60),
        (Reply::status(429).header("retry-after", "7200"), 7200),
        (Reply::status(429).header("retry-after", "Sat, 21 Nov 2026 12:00:00 GMT"), 7200),
        (Reply::status(503).header("retry-after", "30"), 30),
    ] {
        let (outcome, _) = perform(reply).await;
        let Outcome::Failed(Setback::RateLimited { until, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(until.duration_since(NOW), SignedDuration::from_secs(seconds));
    }
}

#[tokio::test]
async fn what_cannot_or_may_not_be_called_is_not() {
    let webhook = Webhook::new(&HttpSettings::default()).unwrap();
    for (url, secret, kind, words) in [
        ("hooks.example.com/a", SECRET, "rejected", "not a URL"),
        ("http://hooks.example.com/s3cret", SECRET, "rejected", "hooks.example.com is not https"),
        ("https://u:s3cret@hooks.example.com/", SECRET, "rejected", "user name or password"),
        ("https://127.0.0.1/s3cret", SECRET, "rejected", "127.0.0.1 is not on the public internet"),
        ("https://169.254.169.254/latest/meta-data/", SECRET, "rejected", "not on the public internet"),
        ("https://[::ffff:169.254.169.254]/", SECRET, "rejected", "not on the public internet"),
        ("https://localhost/s3cret", SECRET, "rejected", "localhost is not on the public internet"),
        ("", SECRET, "reconnect", "`url`"),
        ("https://hooks.example.com/s3cret", "", "reconnect", "`signing_secret`"),
        ("https://hooks.example.com/s3cret", "s3cret", "reconnect", "whsec_"),
    ] {
        let outcome = attempt(&webhook, &a_job(), json!({"url": url, "signing_secret": secret}), 1).await;
        assert_told(&outcome, kind, words, url);
        assert!(!told(&outcome).contains("s3cret"), "{url}");
    }
}

#[tokio::test]
async fn both_actions_of_the_manifest_are_there_and_no_other() {
    let stub = Stub::start([Reply::status(200), Reply::status(200)]).await.unwrap();
    let webhook = Webhook::new(&stub.settings()).unwrap();
    let credentials = || json!({"url": stub.address(), "signing_secret": SECRET});
    for action in &Catalog::get().manifest(App::WEBHOOK).unwrap().actions {
        let job = Job { action: action.key.clone(), ..a_job() };
        assert_eq!(attempt(&webhook, &job, credentials(), 1).await, Outcome::DONE, "{}", action.key);
    }
    let unknown = Job { action: "send_fax".to_owned(), ..a_job() };
    assert_told(&attempt(&webhook, &unknown, credentials(), 1).await, "rejected", "", "no action");
    let empty = Job { payload: None, ..a_job() };
    assert_told(&attempt(&webhook, &empty, credentials(), 1).await, "rejected", "", "no fact");
    assert_eq!(stub.received().len(), 2);
    assert_ne!(stub.received()[0].json(), Value::Null);
}

#[tokio::test]
async fn a_preview_shows_the_message_and_neither_the_secret_nor_the_path() {
    let url = "https://hooks.example.com/T01/s3cret-path?key=s3cret-9";
    let credentials = json!({"url": url, "signing_secret": SECRET});
    let previews = previews(Webhook::new, "address", credentials, &["s3cret", "MfKQ9r8G"]).await;
    let preview = &previews["send_notify_url_post"];
    assert_eq!(previewed_lines(preview), ["POST https://hooks.example.com/[hidden]"]);
    let [request] = &preview.requests[..] else { panic!("{preview:?}") };
    let body = request.body.as_ref().unwrap();
    assert_eq!((&body["type"], &body["data"]["order"]["id"]), (&json!("product_purchased"), &json!("ord_1")));
    let signature = request.headers.iter().find(|(name, _)| name == "webhook-signature");
    assert_eq!(signature.map(|(_, value)| value.as_str()), Some("[hidden]"));
}
