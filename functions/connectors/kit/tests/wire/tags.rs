//! Tags: added and removed, by id and by name.

use connector::testing::{Reply, assert_told, lines};
use domain::outcome::{Fix, Outcome};
use serde_json::{Value, json};

use crate::{
    FIND, FIND_CANCELLED, add, key, nameless, page, perform, remove, secret, subscriber, subscribers,
    subscription, tag, tags, token, typed, v3_error, v4_error, v4_not_found,
};

const V3_LIST: &str = "GET /v3/tags?api_secret=v3-secret";
const V4_LIST: &str = "GET /v4/tags?per_page=1000";

#[tokio::test]
async fn v3_tags_whoever_is_a_subscriber_and_names_whoever_is_none() {
    let subscribe = "POST /v3/tags/7/subscribe";
    let (nobody, other) = (|| subscribers(&[]), || subscribers(&["bob@example.com"]));
    let theirs = || subscribers(&["bob@example.com", "Ada@Example.com"]);
    let plain = json!({"api_secret": "v3-secret", "email": "ada@example.com"});
    let mut named = plain.clone();
    named["first_name"] = json!("Ada");
    // Kit would store the buyer's first name as the subscriber's.
    for (found, wanted, body) in [
        (vec![nobody(), other()], vec![FIND, FIND_CANCELLED, subscribe], &named),
        (vec![theirs()], vec![FIND, subscribe], &plain),
        (vec![nobody(), theirs()], vec![FIND, FIND_CANCELLED, subscribe], &plain),
    ] {
        let (outcome, received) = perform(secret(), &add("7"), [found, vec![subscription()]].concat()).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), wanted);
        let last = received.last().unwrap();
        assert_eq!((last.header("content-type"), &last.json()), ("application/json", body));
    }
    let (_, received) = perform(secret(), &nameless(add("7")), vec![subscription()]).await;
    assert_eq!((lines(&received), received[0].json()), (vec![subscribe.to_owned()], plain.clone()));

    let (outcome, received) = perform(secret(), &remove("7"), vec![Reply::json(200, tag(7, "VIP"))]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), ["POST /v3/tags/7/unsubscribe"]);
    assert_eq!(received[0].header("content-type"), "application/json");
    assert_eq!(received[0].json(), plain);
}

#[tokio::test]
async fn v4_tags_whoever_is_a_subscriber_and_adds_whoever_is_none() {
    for (credentials, bearer, key) in [(token(), "Bearer oauth-token", ""), (key(), "", "kit_key")] {
        let tagged = "POST /v4/tags/7/subscribers";
        // Kit would store the buyer's first name as the subscriber's.
        let (outcome, received) =
            perform(credentials.clone(), &add("7"), vec![subscriber(201, "active")]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), [tagged]);
        assert_eq!(received[0].json(), json!({"email_address": "ada@example.com"}));
        let list = page("tags", &[tag(7, "VIP")], None);
        let replies = vec![v4_not_found(), list, subscriber(201, "active"), subscriber(201, "active")];
        let (outcome, received) = perform(credentials.clone(), &add("7"), replies).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), [tagged, V4_LIST, "POST /v4/subscribers", tagged]);
        assert_eq!(received[2].json(), json!({"email_address": "ada@example.com", "first_name": "Ada"}));
        assert_eq!(received[3].json(), json!({"email_address": "ada@example.com"}));
        let (outcome, removed) = perform(credentials, &remove("7"), vec![Reply::status(204)]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&removed), ["DELETE /v4/tags/7/subscribers"]);
        assert_eq!(removed[0].json(), json!({"email_address": "ada@example.com"}));
        for request in received.iter().chain(&removed) {
            let media_type = if request.method == "GET" { "" } else { "application/json" };
            assert_eq!(request.header("content-type"), media_type);
            assert_eq!((request.header("authorization"), request.header("x-kit-api-key")), (bearer, key));
        }
    }
}

/// For a missing tag, no contact is added as a subscriber or renamed.
#[tokio::test]
async fn a_chosen_tag_that_is_gone_adds_no_subscriber() {
    let replies = vec![v4_not_found(), page("tags", &[tag(8, "Other")], None)];
    let (outcome, received) = perform(token(), &add("7"), replies).await;
    assert_told(&outcome, "rejected", "The tag no longer exists in Kit. | Choose Refresh", "no such id");
    assert_eq!(lines(&received), ["POST /v4/tags/7/subscribers", V4_LIST]);
}

#[tokio::test]
async fn v4_says_how_the_subscriber_stands() {
    for (state, status, kind, words) in [
        ("active", 200, "already so", "already has the tag"),
        ("active", 201, "done", ""),
        ("cancelled", 201, "done", "they unsubscribed in Kit and remain unsubscribed"),
        ("cancelled", 200, "already so", "they unsubscribed"),
        ("bounced", 201, "done", "bounces"),
        ("complained", 201, "done", "spam"),
        ("inactive", 201, "done", "once they confirm"),
        ("dormant", 201, "done", ""),
    ] {
        let (outcome, _) = perform(token(), &add("7"), vec![subscriber(status, state)]).await;
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
        let replies = vec![subscribers(&[]), subscribers(&[]), subscription()];
        let (_, v3) =
            perform(secret(), &job, if written.is_null() { vec![subscription()] } else { replies }).await;
        let v3 = v3.last().unwrap().json();
        assert_eq!((&v3["email"], name(&v3)), (&json!(email.trim()), written.clone()));
        let replies = vec![
            page("tags", &[tag(7, "VIP")], None),
            v4_not_found(),
            subscriber(200, "active"),
            subscriber(200, "active"),
        ];
        let mut job = typed(job);
        job.settings.0.insert("tag".to_owned(), json!("VIP"));
        let (_, v4) = perform(token(), &job, replies).await;
        let v4 = &v4[1..];
        assert_eq!(
            (&v4[1].json()["email_address"], name(&v4[1].json())),
            (&json!(email.trim()), written.clone())
        );
        assert_eq!((&v4[0].json()["email_address"], &v4[2].json()), (&json!(email.trim()), &v4[0].json()));
        assert!(written != Value::Null || v3.get("first_name").is_none(), "not even as null");
        assert!(written != Value::Null || v4[1].json().get("first_name").is_none(), "not even as null");
    }
}

#[tokio::test]
async fn a_typed_tag_is_found_by_its_name_or_made() {
    let (list, v4_list) = (V3_LIST, V4_LIST);
    let add_named = || nameless(typed(add("Käufer & VIP")));
    let there = [tag(8, "Other"), tag(7, "KÄUFER & vip")];

    let (outcome, received) = perform(secret(), &add_named(), vec![tags(&there), subscription()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [list, "POST /v3/tags/7/subscribe"]);

    let created =
        Reply::json(201, json!({"account_id": 1, "id": 9, "name": "Käufer & VIP", "state": "available"}));
    let (outcome, received) = perform(secret(), &add_named(), vec![tags(&[]), created, subscription()]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [list, "POST /v3/tags", "POST /v3/tags/9/subscribe"]);
    assert_eq!(received[1].json(), json!({"api_secret": "v3-secret", "tag": {"name": "Käufer & VIP"}}));

    // Another action created the tag in between: V3 rejects an existing name.
    let taken = || v3_error(422, "Unprocessable Entity", "Tag name has already been taken");
    let replies = vec![tags(&[]), taken(), tags(&there), subscription()];
    let (outcome, received) = perform(secret(), &add_named(), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [list, "POST /v3/tags", list, "POST /v3/tags/7/subscribe"]);
    let (outcome, _) = perform(secret(), &add_named(), vec![tags(&[]), taken(), tags(&[])]).await;
    assert_told(&outcome, "not yet", "at the same moment: Unprocessable Entity: Tag name", "not listed yet");
    let odd = v3_error(422, "Unprocessable Entity", "Tag name is too long");
    let (outcome, _) = perform(secret(), &add_named(), vec![tags(&[]), odd]).await;
    assert_told(
        &outcome,
        "rejected",
        "Kit rejected the request: Unprocessable Entity: Tag name is",
        "no such name",
    );

    let replies = vec![page("tags", &there, None), subscriber(201, "active")];
    let (outcome, received) = perform(token(), &add_named(), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [v4_list, "POST /v4/tags/7/subscribers"]);

    for status in [200, 201] {
        let created = Reply::json(status, json!({ "tag": tag(9, "Käufer & VIP") }));
        let replies = vec![page("tags", &[], None), created, subscriber(201, "active")];
        let (outcome, received) = perform(token(), &add_named(), replies).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), [v4_list, "POST /v4/tags", "POST /v4/tags/9/subscribers"]);
        assert_eq!(received[1].json(), json!({"name": "Käufer & VIP"}));
    }
}

#[tokio::test]
async fn what_is_not_there_needs_no_removing() {
    let gone = || v3_error(404, "Not Found", "The entity you were trying to find doesn't exist");
    let v3_list = || tags(&[tag(8, "Other")]);
    let v4_list = || page("tags", &[tag(8, "Other")], None);
    for (credentials, job, replies, words) in [
        (secret(), typed(remove("Ghost")), vec![v3_list()], "tag does not exist"),
        (token(), typed(remove("Ghost")), vec![v4_list()], "tag does not exist"),
        (secret(), typed(remove("other")), vec![v3_list(), gone()], "not a subscriber"),
        (token(), typed(remove("other")), vec![v4_list(), v4_not_found()], "not a subscriber"),
        (secret(), remove("8"), vec![gone()], "not a subscriber"),
        (token(), remove("8"), vec![v4_not_found()], "not a subscriber"),
    ] {
        let calls = replies.len();
        let (outcome, received) = perform(credentials, &job, replies).await;
        assert_told(&outcome, "already so", words, words);
        assert_eq!(received.len(), calls, "{words}");
    }
}

#[tokio::test]
async fn a_number_that_was_typed_is_a_name_and_one_that_was_chosen_is_an_id() {
    let gone = || v3_error(422, "Unprocessable Entity", "Tag does not exist");
    let (v3_list, v4_list) = (V3_LIST, V4_LIST);
    let add = |tag: &str| nameless(crate::add(tag));

    // No tag has that name, so it is created.
    let created = Reply::json(201, tag(9, "2024"));
    let replies = vec![tags(&[tag(7, "VIP")]), created, subscription()];
    let (outcome, received) = perform(secret(), &typed(add("2024")), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [v3_list, "POST /v3/tags", "POST /v3/tags/9/subscribe"]);
    assert_eq!(received[1].json()["tag"], json!({"name": "2024"}));
    let created = Reply::json(201, json!({ "tag": tag(9, "2024") }));
    let replies = vec![page("tags", &[], None), created, subscriber(201, "active")];
    let (outcome, received) = perform(token(), &typed(add("2024")), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [v4_list, "POST /v4/tags", "POST /v4/tags/9/subscribers"]);

    // A tag has that name, and another has that id. Kit would read 007 as 7.
    for text in ["2024", "007"] {
        let list = || [tag(2024, "Other"), tag(7, "Another"), tag(8, text)];
        let (_, received) = perform(secret(), &typed(add(text)), vec![tags(&list()), subscription()]).await;
        assert_eq!(lines(&received), [v3_list, "POST /v3/tags/8/subscribe"]);
        let replies = vec![page("tags", &list(), None), Reply::status(204)];
        let (_, received) = perform(token(), &typed(remove(text)), replies).await;
        assert_eq!(lines(&received), [v4_list, "DELETE /v4/tags/8/subscribers"]);
    }
    // A merchant without an option list typed the id.
    let replies = vec![tags(&[tag(2024, "VIP")]), subscription()];
    let (_, received) = perform(secret(), &typed(add("2024")), replies).await;
    assert_eq!(lines(&received), [v3_list, "POST /v3/tags/2024/subscribe"]);

    // A chosen tag that no longer exists is not created again under its id.
    let (outcome, received) = perform(secret(), &add("2024"), vec![gone(), tags(&[tag(7, "2024")])]).await;
    assert_told(&outcome, "rejected", "The tag no longer exists in Kit. | Choose Refresh", "no such id");
    assert_eq!(lines(&received), ["POST /v3/tags/2024/subscribe", v3_list]);
}

#[tokio::test]
async fn an_unknown_subscriber_is_waited_for_whichever_way_the_tag_is_named() {
    let list = || page("tags", &[tag(7, "VIP")], None);
    let unknown = || vec![subscriber(202, "active"), v4_not_found()];
    for (job, replies) in [
        (add("7"), [vec![v4_not_found(), list()], unknown()].concat()),
        (typed(add("VIP")), [vec![list(), v4_not_found()], unknown()].concat()),
    ] {
        let calls = replies.len();
        let (outcome, received) = perform(token(), &job, replies).await;
        assert_told(&outcome, "not yet", "the subscriber does not exist yet", "the tag is there");
        assert_eq!(received.len(), calls);
    }
}

#[tokio::test]
async fn a_first_name_that_kit_rejects_is_left_out_once() {
    let nobody = || vec![subscribers(&[]), subscribers(&[])];
    let odd = || v3_error(422, "Error", "First name is too long");
    let (outcome, received) =
        perform(secret(), &add("7"), [nobody(), vec![odd(), subscription()]].concat()).await;
    let note = "`first_name` was rejected and left out: Error: First name is too long";
    assert_told(&outcome, "done", note, "V3");
    assert_eq!(lines(&received)[2..], ["POST /v3/tags/7/subscribe", "POST /v3/tags/7/subscribe"]);
    assert_eq!(received[3].json(), json!({"api_secret": "v3-secret", "email": "ada@example.com"}));

    let add = || {
        let mut job = typed(add("7"));
        job.settings.0.insert("tag".to_owned(), json!("VIP"));
        job
    };
    let odd = || v4_error(422, "First name is too long");
    let unknown = || vec![page("tags", &[tag(7, "VIP")], None), v4_not_found()];
    let added = || vec![odd(), subscriber(201, "inactive")];
    // The next attempt finds the subscriber, so a failed attempt reports the note too.
    for (last, kind) in [(subscriber(201, "inactive"), "done"), (Reply::status(500), "retry")] {
        let (outcome, received) = perform(token(), &add(), [unknown(), added(), vec![last]].concat()).await;
        assert_told(&outcome, kind, "`first_name` was rejected and left out", "V4");
        assert_eq!(received[3].line(), "POST /v4/subscribers");
        assert_eq!(received[3].json(), json!({"email_address": "ada@example.com"}));
    }
    let (outcome, received) = perform(token(), &add(), [unknown(), vec![odd(), odd()]].concat()).await;
    assert_told(&outcome, "rejected", "First name is too long", "again");
    assert_eq!(received.len(), 4);
    // The address is required and never left out.
    let invalid = v4_error(422, "Email address is invalid");
    let (outcome, received) = perform(token(), &add(), [unknown(), vec![invalid]].concat()).await;
    assert_told(&outcome, "rejected", "Kit rejected the e-mail address", "the address");
    let Outcome::Failed(setback) = outcome else { panic!("a success") };
    assert_eq!(setback.into_reason().fix, Some(Fix::Contact));
    assert_eq!(received.len(), 3);
}
