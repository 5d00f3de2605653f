//! Requests that no client library sends, requests from browsers of other origins, and synchronous calls to apps.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use aws::store::{Permitted, SLOTS};
use domain::id::MarketplaceId;
use reqwest::Method;
use serde_json::json;

use crate::stack::{Caller, Engine, Opens, Portal, Shop, Stacks, apart, now};

/// The longest time that a response may take: API Gateway waits no longer for the function.
pub(super) const LONGEST_ANSWER: Duration = Duration::from_secs(30);

/// The API's response to this request line and these headers, sent byte for byte.
pub(super) fn raw(shop: &Shop, target: &str, headers: &str) -> String {
    let url = reqwest::Url::parse(&shop.engine.outputs.api_url).expect("an address");
    let host = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
    let mut stream = TcpStream::connect(&host).expect("it listens");
    stream.set_read_timeout(Some(LONGEST_ANSWER)).expect("a limit");
    let path = url.path();
    let request =
        format!("GET {path}{target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("GET {path}{target}: {error}"));
    answer
}

#[tokio::test]
async fn odd_requests_of_strangers_are_refused_and_end_no_function() {
    let shop = Shop::bare("api-raw").await;
    for (target, headers) in [
        ("/v1/integrations?q=\"<{`|^}>\"[]\\", ""),
        ("/v1/integrations", "x-forwarded-proto: ht tp\r\n"),
        ("/v1/integrations", "x-forwarded-proto: :\r\nx-forwarded-host: [\r\n"),
    ] {
        let answer = raw(&shop, target, headers);
        assert!(answer.starts_with("HTTP/1.1 401"), "{target} {headers}: {answer}");
    }
}

#[tokio::test]
async fn browsers_of_every_origin_may_ask_and_read_what_they_need() {
    let shop = Shop::bare("api-cors").await;
    let portal = Portal::open(&shop.engine, "api-cors", "write").await;
    let preflight = portal
        .request(Method::OPTIONS, "/v1/rules/rul_1")
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "authorization,content-type,if-match,idempotency-key");
    let answer = preflight.send().await.expect("the API");
    assert_eq!(answer.status(), 204);
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_lowercase();
    assert_eq!(header("access-control-allow-origin"), "*");
    for method in ["get", "post", "put", "patch", "delete"] {
        assert!(header("access-control-allow-methods").contains(method), "{method}");
    }
    for name in ["authorization", "content-type", "if-match", "idempotency-key"] {
        assert!(header("access-control-allow-headers").contains(name), "{name}");
    }
    let answer = portal.request(Method::GET, "/v1/integrations").send().await.expect("the API");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["access-control-allow-origin"]),
        (200, &"*".parse().expect("text"))
    );
    assert!(
        answer.headers()["access-control-expose-headers"].to_str().expect("text").contains("etag"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_marketplace_waits_for_one_call_to_an_app_at_a_time() {
    let (shop, other) = (Shop::open("api-direct").await, Shop::open("api-direct-other").await);
    let store = &shop.engine.store;
    let Permitted::Yes(permit) =
        store.begin_direct_call(&shop.id, "held".to_owned(), now()).await.expect("the table")
    else {
        panic!("a place is free")
    };
    let (portal, others) = (
        Portal::open(&shop.engine, "api-direct", "write").await,
        Portal::open(&other.engine, "api-direct-other", "write").await,
    );
    let test = "/v1/integrations/int_webhook/test";
    for path in [test, "/v1/integrations/int_mailchimp/refresh"] {
        let answer = portal.request(Method::POST, path).send().await.expect("the API");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (429, &"5".parse().expect("text")),
            "{path}"
        );
    }
    others.post(test, &json!({})).await.expect(200);
    store.end_direct_call(permit).await.expect("the table");
    for _ in 0..2 {
        portal.post(test, &json!({})).await.expect(200);
    }
    // The permit of a call that never ended is released automatically.
    let past = now().saturating_sub(jiff::SignedDuration::from_secs(60)).expect("a time");
    let left = store.begin_direct_call(&shop.id, "left".to_owned(), past).await.expect("the table");
    assert!(matches!(left, Permitted::Yes(_)));
    portal.post(test, &json!({})).await.expect(200);
}

#[tokio::test]
async fn a_call_to_an_app_is_refused_while_as_many_as_there_are_slots_wait_for_their_apps() {
    // The slots are those of a whole stack, so no other test may make calls on it.
    let _apart = apart().await;
    let shop = Shop::open_on(Engine::faulty().await, "api-slots").await;
    let portal = Portal::open(&shop.engine, "api-slots", "write").await;
    let store = &shop.engine.store;
    let test = "/v1/integrations/int_webhook/test";
    let mut permits = Vec::new();
    for number in 0..SLOTS {
        // With one slot left, a call is made.
        portal.post(test, &json!({})).await.expect(200);
        let m = MarketplaceId::new(format!("api-slots-{number}")).expect("an id");
        // The sum of a token's bytes is the first slot that is tried: the same for all.
        let token = String::from_iter([char::from(b'a' + number), char::from(b'z' - number)]);
        let Permitted::Yes(permit) = store.begin_direct_call(&m, token, now()).await.expect("the table")
        else {
            panic!("no slot is free after {number}")
        };
        permits.push(permit);
    }
    assert_eq!(permits.len(), 16);
    let refused = portal.request(Method::POST, test).send().await.expect("the API");
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (429, &"5".parse().expect("text"))
    );
    let said = refused.text().await.expect("text");
    assert!(said.contains("too many tests, connections and refreshes are in progress"), "{said}");
    // Requests that call no app are answered.
    portal.get("/v1/integrations").await.expect(200);
    for permit in permits {
        store.end_direct_call(permit).await.expect("the table");
    }
    portal.post(test, &json!({})).await.expect(200);
}

#[tokio::test]
async fn a_document_for_another_marketplace_is_refused_at_its_line() {
    let shop = Shop::open("api-import-other").await;
    let portal = Portal::open(&shop.engine, "api-import-other", "write").await;
    let body = json!({ "document": "# mine\nmarketplace: another\nrules: []\n" });
    let refused = portal.post("/v1/rules/import", &body).await.expect(422);
    let said = refused["errors"][0]["message"].as_str().expect("why");
    assert!(said.starts_with("document.yaml:2:") && said.contains("marketplace another"), "{said}");
    // An array is not an object, regardless of the order of its fields.
    let array = portal.post("/v1/rules/import", &json!(["rules: []"])).await.expect(422);
    assert_eq!(array["errors"][0]["message"], "It must be an object.");
    shop.engine.call(Caller::Nobody, "POST", "/v1/rules/import", Some(&body)).await.expect(401);
}
