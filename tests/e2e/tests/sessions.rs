//! Portal sessions: they expire or are revoked by the operator, and grant exactly their permissions.

use aws::store::Use;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use reqwest::Method;
use serde_json::json;

use crate::stack::{Caller, Opens, Portal, Shop, now, until};

const LIST: &str = "/v1/integrations";

#[tokio::test]
async fn a_session_ends_by_itself() {
    let shop = Shop::open("sessions-expiry").await;
    let (_, token) = shop.engine.session(shop.id.as_str(), "write", 1).await;
    let expired = until("the end of the session", async || {
        let answer = shop.engine.call(Caller::Token(&token), "GET", LIST, None).await;
        (answer.status.as_u16() != 200).then_some(answer)
    });
    let expired = expired.await.expect(401);
    assert!(expired["detail"].as_str().expect("a detail").contains("expired"), "{expired}");
}

#[tokio::test]
async fn a_revoked_session_is_refused_from_the_next_call_on_and_no_other_is() {
    let shop = Shop::open("sessions-revoked").await;
    let engine = &shop.engine;
    let (session, token) = engine.session(shop.id.as_str(), "write", 600).await;
    let (_, other) = engine.session(shop.id.as_str(), "read", 600).await;
    let found = engine.call(Caller::Token(&token), "GET", LIST, None).await.expect(200);
    assert_eq!(found["items"].as_array().map(Vec::len), Some(2));

    // A session is found only under its own marketplace.
    let elsewhere = format!("/operator/marketplaces/sessions-unknown/sessions/{session}");
    engine.call(Caller::Operator, "DELETE", &elsewhere, None).await.expect(404);
    engine.call(Caller::Token(&token), "GET", LIST, None).await.expect(200);

    let sessions = format!("/operator/marketplaces/{}/sessions", shop.id);
    let one = format!("{sessions}/{session}");
    engine.call(Caller::Operator, "DELETE", &one, None).await.expect(204);
    engine.call(Caller::Token(&token), "GET", LIST, None).await.expect(401);
    engine.call(Caller::Token(&token), "POST", LIST, Some(&json!({}))).await.expect(401);
    engine.call(Caller::Token(&other), "GET", LIST, None).await.expect(200);
    engine.call(Caller::Operator, "DELETE", &one, None).await.expect(204);

    let listed = engine.call(Caller::Operator, "GET", &sessions, None).await;
    assert!(!listed.text.contains(&token), "a token is shown once");
    let listed = listed.expect(200);
    let open = |id: &str| {
        let items = listed["items"].as_array().expect("a list");
        items
            .iter()
            .filter(|item| (item["session"] == id) == (id == session))
            .all(|item| item["open"] == true)
    };
    assert!(!open(&session), "{listed}");
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn who_may_look_may_not_change() {
    let shop = Shop::open("sessions-read").await;
    let (_, token) = shop.engine.session(shop.id.as_str(), "read", 600).await;
    shop.engine.call(Caller::Token(&token), "GET", LIST, None).await.expect(200);
    let path = format!("{LIST}/int_webhook");
    let rename = json!({ "label": "Mine" });
    shop.engine.call(Caller::Token(&token), "PATCH", &path, Some(&rename)).await.expect(403);
    shop.engine.call(Caller::Token(&token), "DELETE", &path, None).await.expect(403);
    let found = shop.engine.call(Caller::Token(&token), "GET", &path, None).await.expect(200);
    assert_eq!(found["label"], "Webhook");
}

#[tokio::test]
async fn a_session_that_calls_too_often_waits_and_no_other_does() {
    let shop = Shop::open("sessions-limit").await;
    let engine = &shop.engine;
    let (session, token) = engine.session(shop.id.as_str(), "read", 600).await;
    let (_, other) = engine.session(shop.id.as_str(), "read", 600).await;
    // The session has reached its limit, unless the minute just ended.
    let limited = until("the limit", async || {
        let used = engine.table.update_item().table_name(&engine.outputs.table);
        let used = used.key("pk", S(shop.id.to_string())).key("sk", S(format!("SESSION#{session}")));
        let used = used
            .update_expression("SET hits = :hits, in_minute = :minute")
            .expression_attribute_values(":hits", N("1000000".to_owned()))
            .expression_attribute_values(":minute", N((now().as_second() / 60).to_string()));
        used.send().await.expect("the table");
        let answer = engine.call(Caller::Token(&token), "GET", LIST, None).await;
        (answer.status.as_u16() != 200).then_some(answer)
    });
    limited.await.expect(429);
    engine.call(Caller::Token(&other), "GET", LIST, None).await.expect(200);
}

#[tokio::test]
async fn a_call_that_began_in_the_minute_before_is_as_good_as_any() {
    let shop = Shop::open("sessions-minute").await;
    let (store, m) = (&shop.engine.store, &shop.id);
    let (session, token) = shop.engine.session(m.as_str(), "write", 600).await;
    let id = session.parse().expect("an id");
    let at = |second: i64| jiff::Timestamp::from_second(second).expect("a time");
    for (second, comes_to) in [
        (120, Use::Granted),
        (119, Use::Granted),
        (121, Use::Granted),
        (122, Use::TooOften),
        (119, Use::TooOften),
    ] {
        assert_eq!(store.use_session(m, &id, 3, at(second)).await.expect("the table"), comes_to, "{second}");
    }
    // A revoked session is revoked in every minute.
    assert!(store.revoke_session(m, &id, now()).await.expect("the table"));
    for second in [59, 121, 240] {
        assert_eq!(
            store.use_session(m, &id, 2, at(second)).await.expect("the table"),
            Use::Ended,
            "{second}"
        );
    }
    shop.engine.call(Caller::Token(&token), "GET", LIST, None).await.expect(401);
}

#[tokio::test]
async fn of_many_calls_at_once_as_many_are_taken_as_may_be() {
    let shop = Shop::open("sessions-race").await;
    let (session, _) = shop.engine.session(shop.id.as_str(), "read", 600).await;
    let id = session.parse().expect("an id");
    // The count restarts with each minute, so each minute is a race.
    for minute in 1..=5 {
        let now = jiff::Timestamp::from_second(minute * 60).expect("a time");
        let calls = (0..20).map(|_| shop.engine.store.use_session(&shop.id, &id, 7, now));
        let taken = futures::future::join_all(calls).await.into_iter().map(|taken| taken.expect("the table"));
        assert_eq!(taken.filter(|taken| *taken == Use::Granted).count(), 7, "in minute {minute}");
    }
}

#[tokio::test]
async fn all_sessions_of_a_marketplace_end_at_once_and_no_others() {
    let (shop, other) = (Shop::open("sessions-all").await, Shop::open("sessions-all-other").await);
    let engine = &shop.engine;
    let mut tokens = Vec::new();
    for permission in ["read", "write"] {
        tokens.push(engine.session(shop.id.as_str(), permission, 600).await.1);
    }
    let (_, others) = engine.session(other.id.as_str(), "read", 600).await;
    let path = format!("/operator/marketplaces/{}/sessions", shop.id);
    for ended in [2, 0] {
        let told = engine.call(Caller::Operator, "DELETE", &path, None).await.expect(200);
        assert_eq!(told["ended"], ended);
    }
    for token in &tokens {
        engine.call(Caller::Token(token), "GET", LIST, None).await.expect(401);
    }
    engine.call(Caller::Token(&others), "GET", LIST, None).await.expect(200);
}

#[tokio::test]
async fn a_token_that_is_bound_to_an_origin_is_taken_from_there() {
    let shop = Shop::open("sessions-origin").await;
    let wish =
        json!({ "marketplace_id": shop.id, "permission": "write", "origin": "https://app.example.com" });
    let portal = Portal::open_with(&shop.engine, &wish).await;
    let free = json!({ "marketplace_id": shop.id, "permission": "write" });
    let free = Portal::open_with(&shop.engine, &free).await;
    let call = async |portal: &Portal<'_>, method: Method, origin: Option<&str>| {
        let path = if method == Method::GET { LIST } else { "/v1/rules/lint" };
        let request = portal.request(method, path).json(&json!({}));
        let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
        portal.send(request).await.status.as_u16()
    };
    // A browser omits the header only for a GET from the page's own origin.
    for (method, origin, status) in [
        (Method::GET, Some("https://app.example.com"), 200),
        (Method::GET, None, 200),
        (Method::GET, Some("https://evil.example.com"), 403),
        (Method::GET, Some("null"), 403),
        (Method::POST, Some("https://app.example.com"), 422),
        (Method::POST, None, 403),
        (Method::POST, Some("https://app.example.com.evil.example"), 403),
    ] {
        assert_eq!(call(&portal, method.clone(), origin).await, status, "{method} {origin:?}");
    }
    for origin in [None, Some("https://evil.example.com")] {
        assert_eq!(call(&free, Method::GET, origin).await, 200);
        assert_eq!(call(&free, Method::POST, origin).await, 422);
    }
}
