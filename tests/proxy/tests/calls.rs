//! The proxy between a client and a stand-in for AWS that records its requests.
#![expect(clippy::unwrap_used, reason = "what these helpers unwrap fails the test that uses them")]

use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use flate2::read::GzDecoder;
use proxy::Proxy;
use serde_json::{Value, json};
use tokio::net::TcpListener;

type Received = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

struct World {
    proxy: Proxy,
    received: Received,
    http: reqwest::Client,
}

async fn listener() -> TcpListener {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap()
}

async fn aws(State(received): State<Received>, headers: HeaderMap, body: Bytes) -> String {
    received.lock().unwrap().push((headers, body));
    json!({ "ConsumedCapacity": { "CapacityUnits": 2.0 } }).to_string()
}

impl World {
    async fn new() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let received = Received::default();
        let aws_listener = listener().await;
        let to = aws_listener.local_addr().unwrap();
        let app = Router::new().fallback(aws).with_state(Arc::clone(&received));
        tokio::spawn(async move { axum::serve(aws_listener, app).await.unwrap() });
        #[expect(clippy::disallowed_methods, reason = "it calls the proxy, not an app")]
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { proxy: proxy::serve(listener().await, to).unwrap(), received, http }
    }

    async fn call(&self, operation: &str, body: &str) -> reqwest::Result<reqwest::Response> {
        let scope = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/dynamodb/aws4_request, Signature=0";
        let request = self.http.post(self.proxy.url()).header("authorization", scope);
        request
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .body(body.to_owned())
            .send()
            .await
    }

    async fn fault(&self, fault: Value) {
        let answer =
            self.http.post(format!("{}/_faults", self.proxy.url())).json(&fault).send().await.unwrap();
        assert_eq!(answer.status(), 201);
    }

    async fn counts(&self) -> Value {
        let url = format!("{}/_counts", self.proxy.url());
        self.http.get(url).send().await.unwrap().json::<Value>().await.unwrap()["counts"].take()
    }

    fn last(&self) -> (HeaderMap, Bytes) {
        self.received.lock().unwrap().last().unwrap().clone()
    }
}

fn put() -> String {
    let value = "a value like many others, again and again ".repeat(8);
    json!({ "Item": { "pk": { "S": "demo#EFFECT#1" }, "sk": { "S": "CLAIM" }, "v": { "S": value } } })
        .to_string()
}

#[tokio::test]
async fn a_read_passes_as_it_was_sent() {
    let world = World::new().await;
    let body = json!({ "Key": { "pk": { "S": "demo#BUYER#1" }, "sk": { "S": "1" } } }).to_string();
    assert_eq!(world.call("GetItem", &body).await.unwrap().status(), 200);
    let (headers, received) = world.last();
    assert_eq!(received, body);
    assert_eq!(
        format!("http://{}", headers["host"].to_str().unwrap()),
        world.proxy.url(),
        "the host was signed"
    );
}

#[tokio::test]
async fn a_write_is_asked_for_its_capacity_in_the_length_that_was_signed() {
    let world = World::new().await;
    assert_eq!(world.call("PutItem", &put()).await.unwrap().status(), 200);
    let (headers, received) = world.last();
    assert_eq!(received.len(), put().len());
    assert_eq!(headers["content-encoding"], "gzip");
    assert!(headers.contains_key("x-amz-content-sha256"));
    let mut asked = String::new();
    GzDecoder::new(&received[..]).read_to_string(&mut asked).unwrap();
    let asked: Value = serde_json::from_str(&asked).unwrap();
    assert_eq!(asked["ReturnConsumedCapacity"], "INDEXES");
    assert_eq!(asked["Item"]["pk"]["S"], "demo#EFFECT#1");
    let counts = world.counts().await;
    assert_eq!((&counts[0]["item"], &counts[0]["write_units"]), (&json!("EFFECT"), &json!(2.0)));
}

#[tokio::test]
async fn a_fault_answers_in_place_of_aws_as_often_as_it_says() {
    let world = World::new().await;
    let error = "ProvisionedThroughputExceededException";
    world.fault(json!({ "service": "dynamodb", "operation": "PutItem", "error": error, "count": 1 })).await;
    let refused = world.call("PutItem", &put()).await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["x-amzn-errortype"]),
        (400, &error.parse().unwrap())
    );
    assert!(world.received.lock().unwrap().is_empty());
    assert_eq!(world.call("PutItem", &put()).await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_call_was_applied() {
    let world = World::new().await;
    world.fault(json!({ "service": "dynamodb", "after": true, "count": 1 })).await;
    assert!(world.call("PutItem", &put()).await.is_err(), "the connection is closed");
    assert_eq!(world.received.lock().unwrap().len(), 1);
    let counts = world.counts().await;
    assert_eq!((&counts[0]["calls"], &counts[0]["faults"]), (&json!(1), &json!(1)));
}
