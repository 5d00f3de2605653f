//! Access tokens.

use connector::testing::{Reply, Stub, assert_told, attempt};
use domain::outcome::Outcome;
use kajabi::Kajabi;
use serde_json::json;

use crate::{ada, api, grant, offer, problem, their_offers, token, wire, with};

#[tokio::test]
async fn every_answer_of_the_token_endpoint_has_its_outcome() {
    let own = [
        ("key", Reply::json(401, json!({"error": "invalid_client"})), "reconnect", ": invalid_client"),
        ("request", Reply::json(400, json!({"error": "Bad client"})), "reconnect", ": Bad client"),
        ("plan", problem(403, "Forbidden", "No API access", None), "reconnect", ": No API access"),
        ("bare", Reply::status(401), "reconnect", "rejected the API key or its secret"),
        ("garbage, done", Reply::text(200, "<html>"), "retry", "cannot be read"),
    ];
    wire(api()).answers(&grant(), &[], &own).await;
}

#[tokio::test]
async fn a_token_is_kept_for_its_key_and_secret_and_asked_for_again_when_it_is_refused() {
    let refused = || problem(401, "Unauthorized", "The token was revoked", None);
    let three = || vec![offer(), ada(), their_offers()];
    let replies = [
        [vec![token("t1")], three()].concat(),
        three(),
        // Another secret with the same key: the first token is not used.
        vec![Reply::json(401, json!({"error": "invalid_client"}))],
        [vec![refused(), token("t2")], three()].concat(),
        // A new token that is rejected as well.
        vec![refused(), token("t3"), refused()],
        vec![refused(), Reply::json(401, json!({"error": "invalid_client"}))],
        // A rejected token is not kept.
        [vec![token("t4")], three()].concat(),
    ];
    let stub = Stub::start(replies.concat()).await.unwrap();
    let kajabi = Kajabi::new(&stub.settings()).unwrap();
    let other = json!({"client_id": "key-1", "client_secret": "guessed"});
    for (credentials, kind, words) in [
        (api(), "done", ""),
        (api(), "done", ""),
        (other, "reconnect", "API key or its secret"),
        (api(), "done", ""),
        (api(), "reconnect", "The token was revoked"),
        (api(), "reconnect", "API key or its secret"),
        (api(), "done", ""),
    ] {
        assert_told(&attempt(&kajabi, &grant(), credentials, 1).await, kind, words, words);
    }
    let received = stub.received();
    assert_eq!(received.len(), replies.concat().len());
    let tokens = received.iter().map(|request| request.header("authorization").replace("Bearer ", ""));
    let tokens: Vec<_> =
        tokens.map(|token| if token.is_empty() { "ask".to_owned() } else { token }).collect();
    assert_eq!(tokens.join(" "), "ask t1 t1 t1 t1 t1 t1 ask t1 ask t2 t2 t2 t2 ask t3 t3 ask ask t4 t4 t4");
    assert!(!format!("{kajabi:?}").contains("t4"), "{kajabi:?}");
}

#[tokio::test]
async fn a_token_without_time_is_not_kept() {
    let brief = || Reply::json(200, json!({"access_token": "t", "token_type": "Bearer", "expires_in": 60}));
    let replies = vec![brief(), offer(), brief(), ada(), brief(), their_offers()];
    let (outcome, received) = with(api(), &grant(), replies).await;
    assert_eq!((outcome, received.len()), (Outcome::DONE, 6));
}
