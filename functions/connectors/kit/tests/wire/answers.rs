//! The outcome of each of Kit's responses, and jobs that send no request.

use connector::testing::{Reply, assert_told, job};
use domain::app::App;
use serde_json::json;

use crate::sold::sold;
use crate::{
    add, key, nameless, page, perform, remove, secret, subscriber, subscribers, subscription, tag, tags,
    token, typed, v3_error, v3_unauthorized, v4_error, v4_not_found, wire,
};

#[tokio::test]
async fn every_answer_has_its_outcome() {
    let missing = || v3_error(400, "Your request is missing parameters", "email is blank");
    let limit = || v3_error(403, "Forbidden", "Subscriber limit exceeded");
    let v3 = [
        ("secret", v3_unauthorized(), "reconnect", "not the API Key) and connect"),
        ("secret, bare", Reply::status(401), "reconnect", "rejected the API Secret"),
        ("plan", limit(), "rejected", "as many subscribers as its plan"),
        ("missing", missing(), "rejected", "parameters: email"),
        ("address", v3_error(422, "Error", "Email address is invalid"), "rejected", "Correct the address"),
        ("odd", v3_error(418, "Teapot", "No coffee"), "rejected", "Teapot: No coffee"),
        ("fault, said", v3_error(500, "Internal", "Oops"), "retry", "500"),
    ];
    // An error of the search for the subscriber, and of the call that tags.
    for job in [add("7"), nameless(add("7"))] {
        wire(secret()).answers(&job, &[], &v3).await;
    }
    let nested = Reply::json(422, json!({"errors": [["One", "Two"], "Three"]}));
    let v4 = [
        ("token", v4_error(401, "The access token is invalid"), "reconnect", "Kit login again"),
        ("token's time", v4_error(401, "The access token expired"), "reconnect", "The access token expired"),
        ("address", v4_error(422, "Email address is invalid"), "rejected", "Correct the address"),
        ("nested", nested, "rejected", "One: Two: Three"),
        ("scope", v4_error(403, "Not for this app"), "rejected", "Not for this app"),
        ("queue", v4_error(413, "Too much"), "rejected", "Too much"),
        ("too many, said", v4_error(429, "Slow down"), "wait", "no more calls"),
        ("garbage, done", Reply::text(200, "<html>hello</html>"), "retry", "cannot be read"),
    ];
    wire(token()).answers(&add("7"), &[], &v4).await;
    let refused =
        ("key", v4_error(401, "The access token is invalid"), "reconnect", "rejected the V4 API Key");
    wire(key()).answers(&add("7"), &[], &[refused]).await;
}

#[tokio::test]
async fn a_page_is_the_answer_of_no_request() {
    let (nobody, list) = (|| subscribers(&[]), || page("tags", &[tag(7, "VIP")], None));
    let recorded = || Reply::json(201, json!({"id": 8}));
    let purchase = sold("order-completed.one-item").remove(0);
    for (job, replies) in [
        (add("7"), vec![nobody(), nobody(), subscription()]),
        (nameless(typed(add("New"))), vec![tags(&[]), Reply::json(201, tag(9, "New")), subscription()]),
        (typed(remove("VIP")), vec![tags(&[tag(7, "VIP")]), Reply::json(200, tag(7, "VIP"))]),
        (purchase.clone(), vec![nobody(), nobody(), recorded()]),
    ] {
        wire(secret()).takes_no_page(&job, &replies).await;
    }
    let subscribed = || subscriber(201, "active");
    for (job, replies) in [
        (add("7"), vec![subscribed()]),
        (typed(remove("VIP")), vec![list(), Reply::status(204)]),
        (purchase, vec![recorded()]),
    ] {
        wire(token()).takes_no_page(&job, &replies).await;
    }
    // The page is the answer to the call that adds the subscriber.
    let unknown = vec![list(), v4_not_found(), Reply::text(200, "<html>")];
    let (outcome, _) = perform(token(), &typed(add("VIP")), unknown).await;
    assert_told(&outcome, "retry", "with a web page", "a subscriber");
}

#[tokio::test]
async fn a_named_time_is_waited_for_and_an_unnamed_one_is_the_minute_of_the_limit() {
    for credentials in [secret(), token(), key()] {
        let answers = [(Reply::status(429), 60), (Reply::status(429).header("retry-after", "5"), 5)];
        wire(credentials).waits(&remove("7"), &[], answers).await;
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_not_sent() {
    wire(secret())
        .unsent([
            (job(App::KIT, "add_tag", json!({})), secret(), "rejected", "`tag`"),
            (add(" "), token(), "rejected", "`tag`"),
            (add("7"), json!({}), "reconnect", "`api_secret`"),
            (add("7"), json!({"api_key": "kit_a\nb"}), "reconnect", "stray line breaks"),
        ])
        .await;
}

#[tokio::test]
async fn the_manifest_is_kept() {
    let job = |action: &str| {
        let mut job = sold("order-completed.one-item").remove(0);
        action.clone_into(&mut job.action);
        job.settings.0.insert("tag".to_owned(), json!("7"));
        job
    };
    let lists = Reply::json(200, json!({"tags": [], "forms": []}));
    wire(secret()).keeps_the_manifest(job, &[lists]).await;
}
