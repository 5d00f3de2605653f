//! Failures on demand.
use std::error::Error;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{Bench, until};

const MEMBER: &str = "/mailchimp/3.0/lists/demo/members/ann@shop.test";

fn member() -> Value {
    json!({ "email_address": "ann@shop.test", "status_if_new": "subscribed" })
}

fn members(bench: &Bench) -> usize {
    let state = bench.sandbox.state("mailchimp").unwrap();
    state["audiences"][0]["members"].as_array().unwrap().len()
}

/// The client's error after a reset of its connection.
fn is_reset(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset)
        {
            return true;
        }
        source = cause.source();
    }
    false
}

#[tokio::test]
async fn a_status_comes_in_the_apps_place_with_its_headers_and_body_as_often_as_told() {
    let bench = Bench::new().await;
    let fault = json!({
        "app": "mailchimp", "path": "/members/", "method": "PUT", "status": 429, "count": 2,
        "headers": { "Retry-After": "7" }, "body": { "title": "Too Many Requests" },
    });
    let set = bench.post("/_faults", fault.clone()).await;
    assert_eq!((set.status, &set.body), (StatusCode::CREATED, &json!({ "id": 1 })));
    for _ in 0..2 {
        let refused = bench.send(Method::PUT, MEMBER, member()).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers["retry-after"], "7");
        assert_eq!(refused.body["title"], "Too Many Requests");
    }
    assert_eq!(members(&bench), 0, "not applied");
    assert_eq!(bench.send(Method::PUT, MEMBER, member()).await.status, StatusCode::OK);

    let seen = bench.sandbox.requests("mailchimp");
    assert_eq!(
        (&seen[0]["status"], &seen[0]["applied"], &seen[0]["fault"]),
        (&json!(429), &json!(false), &json!(1))
    );
    assert_eq!(seen[2]["fault"], Value::Null);
    let listed = bench.get("/_faults").await.body;
    assert_eq!(listed["faults"], json!([{ "id": 1, "hits": 2, "left": 0, "fault": fault }]));
}

#[tokio::test]
async fn a_bare_status_has_no_body_and_faults_can_be_removed() {
    let bench = Bench::new().await;
    bench.sandbox.fault(json!({ "status": 403 })).unwrap();
    let refused = bench.get("/mailchimp/3.0/ping").await;
    assert_eq!((refused.status, refused.body), (StatusCode::FORBIDDEN, Value::Null));
    assert_eq!(bench.send(Method::DELETE, "/_faults/1", Value::Null).await.body["removed"], 1);
    assert_eq!(bench.send(Method::DELETE, "/_faults/1", Value::Null).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(bench.get("/mailchimp/3.0/ping").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_reset_before_is_not_applied_and_one_after_is() {
    let bench = Bench::new().await;
    for (point, applied) in [("before", false), ("after", true)] {
        bench.sandbox.fault(json!({ "reset": point, "count": 1 })).unwrap();
        let error = bench.call(Method::PUT, MEMBER).json(&member()).send().await.unwrap_err();
        assert!(is_reset(&error), "a real reset: {error:?}");
        assert_eq!(members(&bench), usize::from(applied));
    }
    let seen = bench.sandbox.requests("mailchimp");
    let seen: Vec<_> = seen.iter().map(|seen| (&seen["ended"], &seen["status"], &seen["applied"])).collect();
    let (reset, none) = (json!("reset"), Value::Null);
    assert_eq!(seen, [(&reset, &none, &json!(false)), (&reset, &none, &json!(true))]);
    assert_eq!(
        bench.send(Method::PUT, MEMBER, member()).await.status,
        StatusCode::OK,
        "the next one is served"
    );
}

#[tokio::test]
async fn a_delay_alone_delays_and_applies_even_if_the_client_gave_up() {
    let bench = Bench::new().await;
    bench.sandbox.fault(json!({ "delay_ms": 300, "count": 2 })).unwrap();
    let start = Instant::now();
    assert_eq!(bench.get("/mailchimp/3.0/ping").await.status, StatusCode::OK);
    assert!(start.elapsed() >= Duration::from_millis(300));

    give_up(&bench, "waiting").await;
    until("what was given up", async || bench.sandbox.requests("mailchimp")[1]["applied"] == true).await;
    assert_eq!(members(&bench), 1);
}

#[tokio::test]
async fn a_request_that_waited_through_a_reset_is_not_applied_to_the_fresh_state() {
    let bench = Bench::new().await;
    bench.sandbox.fault(json!({ "delay_ms": 200 })).unwrap();
    give_up(&bench, "waiting").await;
    bench.sandbox.reset();
    // A request that waits as long but began later: when it is answered, the first request has ended.
    bench.sandbox.fault(json!({ "delay_ms": 200 })).unwrap();
    assert_eq!(bench.get("/mailchimp/3.0/ping").await.status, StatusCode::OK);
    assert_eq!(members(&bench), 0);
}

#[tokio::test]
async fn a_hang_never_answers() {
    let bench = Bench::new().await;
    for (point, applied) in [("before", 0), ("after", 1)] {
        bench.sandbox.fault(json!({ "hang": point, "count": 1 })).unwrap();
        give_up(&bench, "hanging").await;
        assert_eq!(members(&bench), applied);
    }
}

#[tokio::test]
async fn a_stopped_sandbox_refuses_connections() {
    let bench = Bench::new().await;
    let url = bench.sandbox.app_url("mailchimp");
    bench.get("/mailchimp/3.0/ping").await;
    let Bench { sandbox, client } = bench;
    drop(sandbox);
    until("the end of the sandbox", async || {
        let answer = client.get(format!("{url}/3.0/ping")).send().await;
        answer.is_err_and(|error| error.is_connect())
    })
    .await;
}

/// Adds a member with a client that gives up as soon as its request reaches that state.
async fn give_up(bench: &Bench, ended: &str) {
    let before = bench.sandbox.requests("mailchimp").len();
    let reached = until(ended, async || {
        bench.sandbox.requests("mailchimp").get(before).is_some_and(|request| request["ended"] == ended)
    });
    tokio::select! {
        answer = bench.call(Method::PUT, MEMBER).json(&member()).send() => panic!("it was answered: {answer:?}"),
        () = reached => {}
    }
}
