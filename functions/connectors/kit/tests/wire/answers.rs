//! What each of Kit's answers becomes, and what is not asked at all.

use connector::http::HttpSettings;
use connector::testing::{NOW, Reply, attempt, job};
use domain::app::App;
use domain::manifest::Catalog;
use domain::outcome::{Outcome, Setback};
use jiff::SignedDuration;
use kit::Kit;
use serde_json::json;

use crate::sold::sold;
use crate::{add, assert_told, key, perform, remove, secret, token, v3_error, v3_unauthorized, v4_error};

#[tokio::test]
async fn every_answer_has_its_outcome() {
    let html = || Reply::text(400, "<html>");
    let v3 = [
        ("secret", v3_unauthorized(), "reconnect", "not the API Key) and connect"),
        ("secret, bare", Reply::status(401), "reconnect", "rejected the API Secret"),
        (
            "plan",
            v3_error(403, "Forbidden", "Subscriber limit exceeded"),
            "rejected",
            "as many subscribers as its plan",
        ),
        (
            "missing",
            v3_error(400, "Your request is missing parameters", "email is blank"),
            "rejected",
            "parameters: email",
        ),
        ("address", v3_error(422, "Error", "Email address is invalid"), "rejected", "Correct the address"),
        ("odd", v3_error(418, "Teapot", "No coffee"), "rejected", "Teapot: No coffee"),
        ("too many", Reply::status(429), "wait", "no more calls"),
        ("fault", v3_error(500, "Internal", "Oops"), "retry", "500"),
    ];
    let v4 = [
        ("token", v4_error(401, "The access token is invalid"), "reconnect", "Kit login again"),
        ("token's time", v4_error(401, "The access token expired"), "reconnect", "The access token expired"),
        ("address", v4_error(422, "Email address is invalid"), "rejected", "Correct the address"),
        (
            "nested",
            Reply::json(422, json!({"errors": [["One", "Two"], "Three"]})),
            "rejected",
            "One: Two: Three",
        ),
        ("scope", v4_error(403, "Not for this app"), "rejected", "Not for this app"),
        ("queue", v4_error(413, "Too much"), "rejected", "Too much"),
        ("too many", v4_error(429, "Slow down"), "wait", "no more calls"),
        ("fault", Reply::status(500), "retry", "500"),
        ("garbage", Reply::text(200, "<html>hello</html>"), "retry", "cannot be read"),
    ];
    let either = || {
        [
            ("edge", Reply::text(522, "<html>"), "retry", "522"),
            ("maintenance until", Reply::status(503).header("retry-after", "60"), "wait", "no more calls"),
            ("slow", Reply::status(408), "retry", "408"),
            ("garbage refusal", html(), "retry", "cannot be read"),
            ("redirect", Reply::status(302).header("location", "https://example.com/"), "retry", "302"),
            ("silence", Reply::Silence, "retry", "Kit did not answer in time"),
            ("hang-up", Reply::HangUp, "retry", "The connection to Kit broke off"),
        ]
    };
    let v3 = v3.into_iter().chain(either()).map(|case| (secret(), case));
    let v4 = v4.into_iter().chain(either()).map(|case| (token(), case));
    for (credentials, (case, reply, kind, words)) in v3.chain(v4) {
        let (outcome, received) = perform(credentials, &add("7"), vec![reply]).await;
        assert_told(&outcome, kind, words, case);
        assert_eq!(received.len(), 1, "{case}");
    }
    let (outcome, _) = perform(key(), &add("7"), vec![v4_error(401, "The access token is invalid")]).await;
    assert_told(&outcome, "reconnect", "rejected the V4 API Key", "key");
}

#[tokio::test]
async fn a_named_time_is_waited_for_and_an_unnamed_one_is_the_minute_of_the_limit() {
    for (reply, seconds) in [(Reply::status(429), 60), (Reply::status(429).header("retry-after", "5"), 5)] {
        for credentials in [secret(), token(), key()] {
            let (outcome, _) = perform(credentials, &remove("7"), vec![reply.clone()]).await;
            let Outcome::Failed(Setback::RateLimited { until, .. }) = outcome else { panic!("{outcome:?}") };
            assert_eq!(until.duration_since(NOW), SignedDuration::from_secs(seconds));
        }
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_not_sent() {
    let nowhere = Kit::new(&HttpSettings::default()).unwrap();
    let unknown = job(App::Kit, "add_to_form", json!({}));
    for (job, credentials, kind, words) in [
        (&job(App::Kit, "add_tag", json!({})), secret(), "rejected", "`tag`"),
        (&add(" "), token(), "rejected", "`tag`"),
        (&unknown, secret(), "rejected", "no action `add_to_form`"),
        (&add("7"), json!({}), "reconnect", "`api_secret`"),
        (&add("7"), json!({"api_key": "kit_a\nb"}), "reconnect", "stray line breaks"),
    ] {
        let outcome = attempt(&nowhere, job, credentials, 1).await;
        assert_told(&outcome, kind, words, words);
    }
}

#[tokio::test]
async fn every_action_of_the_manifest_is_there() {
    for action in &Catalog::built_in().manifest(App::Kit).unwrap().actions {
        let mut job = sold("order-completed.one-item").remove(0);
        job.action.clone_from(&action.key);
        job.settings.0.insert("tag".to_owned(), json!("7"));
        let (outcome, received) = perform(secret(), &job, vec![]).await;
        assert!(!received.is_empty(), "{}: {outcome:?}", action.key);
    }
}
