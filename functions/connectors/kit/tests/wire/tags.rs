//! Tags: put on, taken off, by id and by name.

use connector::testing::Reply;
use domain::outcome::Outcome;
use serde_json::{Value, json};

use crate::{
    add, assert_told, key, lines, page, perform, remove, secret, subscriber, subscription, tag, tags, token,
    v3_error, v4_not_found,
};

#[tokio::test]
async fn v3_tags_with_one_call() {
    let (outcome, received) = perform(secret(), &add("7"), vec![subscription()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), ["POST /v3/tags/7/subscribe"]);
    assert_eq!(received[0].header("content-type"), "application/json");
    let body = json!({"api_secret": "v3-secret", "email": "ada@example.com", "first_name": "Ada"});
    assert_eq!(received[0].json(), body);

    let (outcome, received) = perform(secret(), &remove("7"), vec![Reply::json(200, tag(7, "VIP"))]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), ["POST /v3/tags/7/unsubscribe"]);
    assert_eq!(received[0].header("content-type"), "application/json");
    assert_eq!(received[0].json(), json!({"api_secret": "v3-secret", "email": "ada@example.com"}));
}

#[tokio::test]
async fn v4_adds_the_subscriber_and_then_the_tag() {
    for (credentials, bearer, key) in [(token(), "Bearer oauth-token", ""), (key(), "", "kit_key")] {
        let replies = vec![subscriber(201, "active"), subscriber(201, "active")];
        let (outcome, received) = perform(credentials.clone(), &add("7"), replies).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), ["POST /v4/subscribers", "POST /v4/tags/7/subscribers"]);
        assert_eq!(received[0].json(), json!({"email_address": "ada@example.com", "first_name": "Ada"}));
        assert_eq!(received[1].json(), json!({"email_address": "ada@example.com"}));
        let (outcome, removed) = perform(credentials, &remove("7"), vec![Reply::status(204)]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&removed), ["DELETE /v4/tags/7/subscribers"]);
        assert_eq!(removed[0].json(), json!({"email_address": "ada@example.com"}));
        for request in received.iter().chain(&removed) {
            assert_eq!(request.header("content-type"), "application/json");
            assert_eq!((request.header("authorization"), request.header("x-kit-api-key")), (bearer, key));
        }
    }
}

#[tokio::test]
async fn v4_says_how_the_subscriber_stands() {
    for (state, status, kind, words) in [
        ("active", 200, "already so", "has the tag already"),
        ("active", 201, "done", ""),
        ("cancelled", 201, "done", "they unsubscribed in Kit, and stay so"),
        ("cancelled", 200, "already so", "they unsubscribed"),
        ("bounced", 201, "done", "bounces"),
        ("complained", 201, "done", "spam"),
        ("inactive", 201, "done", "once they confirm"),
        ("dormant", 201, "done", ""),
    ] {
        let replies = vec![subscriber(200, state), subscriber(status, state)];
        let (outcome, _) = perform(token(), &add("7"), replies).await;
        assert_told(&outcome, kind, words, state);
    }
}

#[tokio::test]
async fn people_are_written_as_they_are() {
    for (email, first, last, written) in [
        ("Ada+Shop@Example.COM", Some("Zoë"), Some("Ångström-李"), json!("Zoë")),
        (" ada@example.com ", Some(" Ada "), None, json!("Ada")),
        ("ada@example.com", Some(r#"O"Neil \ 'x'"#), None, json!(r#"O"Neil \ 'x'"#)),
        ("ada@example.com", None, Some("Lovelace"), Value::Null),
        ("ada@example.com", Some(" "), None, Value::Null),
    ] {
        let mut job = add("7");
        job.contact.email = email.to_owned();
        job.contact.first_name = first.map(str::to_owned);
        job.contact.last_name = last.map(str::to_owned);
        let name = |body: &Value| body.get("first_name").cloned().unwrap_or_default();
        let (_, v3) = perform(secret(), &job, vec![subscription()]).await;
        assert_eq!((&v3[0].json()["email"], name(&v3[0].json())), (&json!(email.trim()), written.clone()));
        let (_, v4) =
            perform(token(), &job, vec![subscriber(200, "active"), subscriber(200, "active")]).await;
        assert_eq!(
            (&v4[0].json()["email_address"], name(&v4[0].json())),
            (&json!(email.trim()), written.clone())
        );
        assert_eq!(v4[1].json()["email_address"], email.trim());
        assert!(written != Value::Null || v3[0].json().get("first_name").is_none(), "not even as null");
        assert!(written != Value::Null || v4[0].json().get("first_name").is_none(), "not even as null");
    }
}

#[tokio::test]
async fn a_typed_tag_is_found_by_its_name_or_made() {
    let (list, v4_list) = ("GET /v3/tags?api_secret=v3-secret", "GET /v4/tags?per_page=1000");
    let there = [tag(8, "Other"), tag(7, "KÄUFER & vip")];

    let (outcome, received) =
        perform(secret(), &add("Käufer & VIP"), vec![tags(&there), subscription()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [list, "POST /v3/tags/7/subscribe"]);

    let created =
        Reply::json(201, json!({"account_id": 1, "id": 9, "name": "Käufer & VIP", "state": "available"}));
    let (outcome, received) =
        perform(secret(), &add("Käufer & VIP"), vec![tags(&[]), created, subscription()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [list, "POST /v3/tags", "POST /v3/tags/9/subscribe"]);
    assert_eq!(received[1].json(), json!({"api_secret": "v3-secret", "tag": {"name": "Käufer & VIP"}}));

    // Somebody else made it meanwhile: V3 refuses a name that is taken.
    let taken = || v3_error(422, "Unprocessable Entity", "Tag name has already been taken");
    let replies = vec![tags(&[]), taken(), tags(&there), subscription()];
    let (outcome, received) = perform(secret(), &add("Käufer & VIP"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [list, "POST /v3/tags", list, "POST /v3/tags/7/subscribe"]);
    let (outcome, _) = perform(secret(), &add("Käufer & VIP"), vec![tags(&[]), taken(), tags(&[])]).await;
    assert_told(
        &outcome,
        "rejected",
        "It says: Unprocessable Entity: Tag name",
        "refused for another reason",
    );

    let both = || [subscriber(200, "active"), subscriber(201, "active")];
    let replies = [page("tags", &there, None)].into_iter().chain(both()).collect();
    let (outcome, received) = perform(token(), &add("Käufer & VIP"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [v4_list, "POST /v4/subscribers", "POST /v4/tags/7/subscribers"]);

    for status in [200, 201] {
        let created = Reply::json(status, json!({ "tag": tag(9, "Käufer & VIP") }));
        let replies = [page("tags", &[], None), created].into_iter().chain(both()).collect();
        let (outcome, received) = perform(token(), &add("Käufer & VIP"), replies).await;
        assert_eq!(outcome, Outcome::DONE);
        let calls = [v4_list, "POST /v4/tags", "POST /v4/subscribers", "POST /v4/tags/9/subscribers"];
        assert_eq!(lines(&received), calls);
        assert_eq!(received[1].json(), json!({"name": "Käufer & VIP"}));
    }
}

#[tokio::test]
async fn what_is_not_there_needs_no_removing() {
    let gone = || v3_error(404, "Not Found", "The entity you were trying to find doesn't exist");
    let v3_list = || tags(&[tag(8, "Other")]);
    let v4_list = || page("tags", &[tag(8, "Other")], None);
    for (credentials, tag, replies, words) in [
        (secret(), "Ghost", vec![v3_list()], "no such tag"),
        (token(), "Ghost", vec![v4_list()], "no such tag"),
        (secret(), "other", vec![v3_list(), gone()], "no subscriber"),
        (token(), "other", vec![v4_list(), v4_not_found()], "no subscriber"),
        (secret(), "8", vec![gone(), v3_list()], "no subscriber"),
        (token(), "8", vec![v4_not_found(), v4_list()], "no subscriber"),
        (secret(), "7", vec![gone(), v3_list()], "no such tag"),
        (token(), "7", vec![v4_not_found(), v4_list()], "no such tag"),
    ] {
        let calls = replies.len();
        let (outcome, received) = perform(credentials, &remove(tag), replies).await;
        assert_told(&outcome, "already so", words, tag);
        assert_eq!(received.len(), calls, "{tag}");
    }
}

#[tokio::test]
async fn a_number_is_an_id_first_and_then_a_name() {
    let gone = || v3_error(422, "Unprocessable Entity", "Tag does not exist");
    let (v3_list, v4_list) = ("GET /v3/tags?api_secret=v3-secret", "GET /v4/tags?per_page=1000");
    let list = || tags(&[tag(7, "2026")]);

    let (outcome, received) = perform(secret(), &add("2026"), vec![gone(), list(), subscription()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), ["POST /v3/tags/2026/subscribe", v3_list, "POST /v3/tags/7/subscribe"]);

    let both = || vec![subscriber(200, "active"), v4_not_found()];
    let replies = [both(), vec![page("tags", &[tag(7, "2026")], None), subscriber(201, "active")]].concat();
    let (outcome, received) = perform(token(), &add("2026"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    let calls =
        ["POST /v4/subscribers", "POST /v4/tags/2026/subscribers", v4_list, "POST /v4/tags/7/subscribers"];
    assert_eq!(lines(&received), calls);

    let replies = vec![v4_not_found(), page("tags", &[tag(7, "2026")], None), Reply::status(204)];
    let (outcome, received) = perform(token(), &remove("2026"), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received)[2], "DELETE /v4/tags/7/subscribers");

    // Kit would read 007 as 7.
    let (_, received) = perform(secret(), &add("007"), vec![tags(&[tag(8, "007")]), subscription()]).await;
    assert_eq!(lines(&received), [v3_list, "POST /v3/tags/8/subscribe"]);

    // A tag that was chosen and is gone is not made anew under its id.
    let (outcome, _) = perform(secret(), &add("2026"), vec![gone(), tags(&[])]).await;
    assert_told(&outcome, "rejected", "Choose Refresh", "no such id or name");
    let replies = [both(), vec![page("tags", &[tag(2026, "VIP")], None)]].concat();
    let (outcome, _) = perform(token(), &add("2026"), replies).await;
    assert_told(&outcome, "not yet", "does not know the subscriber yet", "the tag is there");
}
