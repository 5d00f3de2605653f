//! The requests of each action, and the outcome of each of Mailchimp's responses.

mod account;

use connector::testing::{Reply, Wire, assert_told, job, lines, told};
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use mailchimp::Mailchimp;
use serde_json::{Value, json};

/// MD5 of ada@example.com.
const ADA: &str = "3e3417d7ef77d5932a6734b916515ed5";
/// The path of her member.
const MEMBER: &str = "/lists/a1/members/3e3417d7ef77d5932a6734b916515ed5";
const KEY: &str = "0123456789abcdef0123456789abcdef-us6";

fn member(status: &str) -> Reply {
    Reply::json(200, json!({"id": ADA, "email_address": "ada@example.com", "status": status}))
}

/// Mailchimp's error document.
fn problem(status: u16, title: &str, detail: &str) -> Reply {
    let kind = "https://mailchimp.com/developer/marketing/docs/errors/";
    let body = json!({"type": kind, "title": title, "status": status, "detail": detail, "instance": "1"});
    Reply::text(status, &body.to_string()).header("content-type", "application/problem+json; charset=utf-8")
}

fn not_found() -> Reply {
    problem(404, "Resource Not Found", "The requested resource could not be found.")
}

fn a_list() -> Reply {
    Reply::json(200, json!({"id": "a1"}))
}

fn wire() -> Wire<Mailchimp> {
    Wire::new(Mailchimp::new, json!({"api_key": KEY}), "/mailchimp/3.0")
}

fn add_to_list() -> Job {
    job(App::MAILCHIMP, "add_to_list", json!({"list_id": "a1", "double_opt_in": false}))
}

fn remove_from_list(mode: &str) -> Job {
    job(App::MAILCHIMP, "remove_from_list", json!({"list_id": "a1", "mode": mode}))
}

fn tag(action: &str) -> Job {
    job(App::MAILCHIMP, action, json!({"list_id": "a1", "tag": "Käufer & VIP"}))
}

/// Like [`lines`], with a short form of the member's path.
fn seen(received: &[connector::testing::Received]) -> Vec<String> {
    lines(received).iter().map(|line| line.replace(MEMBER, "<member>")).collect()
}

#[tokio::test]
async fn add_to_list_is_one_put() {
    let (outcome, received) = wire().perform(&add_to_list(), vec![member("subscribed")]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(seen(&received), ["PUT <member>?skip_merge_validation=true"]);
    let request = &received[0];
    assert_eq!(request.header("content-type"), "application/json");
    // base64 of integration-engine:<key>
    assert_eq!(
        request.header("authorization"),
        "Basic aW50ZWdyYXRpb24tZW5naW5lOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmLXVzNg=="
    );
    assert_eq!(
        request.json(),
        json!({
            "email_address": "ada@example.com",
            "status_if_new": "subscribed",
            "merge_fields": {"FNAME": "Ada", "LNAME": "Lovelace"},
        })
    );
}

#[tokio::test]
async fn add_to_list_with_double_opt_in_adds_as_pending_and_says_what_is_left_to_do() {
    let job = job(App::MAILCHIMP, "add_to_list", json!({"list_id": "a1", "double_opt_in": true}));
    let (outcome, received) = wire().perform(&job, vec![member("pending")]).await;
    assert_eq!(received[0].json()["status_if_new"], "pending");
    assert_told(&outcome, "done", "once they confirm", "pending");
}

#[tokio::test]
async fn people_are_written_as_they_are() {
    // address, its MD5 in lower case, first and last name, merge fields
    for (email, hash, first, last, fields) in [
        (
            "Ada+Shop@Example.COM",
            "3f0cb5aa16d19a3974b9271c533b9f5c",
            Some("Zoë"),
            Some("Ångström-李"),
            json!({"FNAME": "Zoë", "LNAME": "Ångström-李"}),
        ),
        ("ada@example.com", ADA, Some(" Ada "), None, json!({"FNAME": "Ada"})),
        ("ada@example.com", ADA, None, Some(r#"O"Neil \ 'x'"#), json!({"LNAME": r#"O"Neil \ 'x'"#})),
        ("ada@example.com", ADA, Some(" "), None, Value::Null),
        ("ada@example.com", ADA, None, None, Value::Null),
    ] {
        let mut job = add_to_list();
        job.contact.email = email.to_owned();
        job.contact.first_name = first.map(str::to_owned);
        job.contact.last_name = last.map(str::to_owned);
        let (_, received) = wire().perform(&job, vec![member("subscribed")]).await;
        assert!(received[0].target.contains(&format!("/members/{hash}?")), "{}", received[0].target);
        let body = received[0].json();
        assert_eq!((&body["email_address"], &body["merge_fields"]), (&json!(email), &fields));
    }
}

#[tokio::test]
async fn phone_and_address_go_into_the_fields_that_the_rule_names() {
    let address = json!({
        "line1": "12 St James's Square", "line2": " ", "city": "London", "region": "London",
        "postal_code": "SW1Y 4JH", "country": "GB",
    });
    let written = json!({
        "addr1": "12 St James's Square", "city": "London", "state": "London", "zip": "SW1Y 4JH", "country": "GB",
    });
    let mut partial = address.clone();
    partial["region"] = Value::Null;
    let names = json!({"FNAME": "Ada", "LNAME": "Lovelace"});
    // settings, phone, address, merge fields besides the names, whether the address was left out
    for (fields, phone, address, more, left_out) in [
        (json!({}), Some("+44 20 7946 0000"), address.clone(), json!({}), false),
        (
            json!({"phone_field": "PHONE"}),
            Some(" +44 20 7946 0000 "),
            Value::Null,
            json!({"PHONE": "+44 20 7946 0000"}),
            false,
        ),
        (json!({"phone_field": "PHONE"}), None, Value::Null, json!({}), false),
        (
            json!({"phone_field": " ", "address_field": "ADDRESS"}),
            Some("1"),
            address,
            json!({"ADDRESS": written}),
            false,
        ),
        (json!({"address_field": "ADDRESS"}), None, partial, json!({}), true),
        (json!({"address_field": "ADDRESS"}), None, Value::Null, json!({}), false),
    ] {
        let mut job = add_to_list();
        job.settings.0.extend(fields.as_object().unwrap().clone());
        job.contact.phone = phone.map(str::to_owned);
        job.contact.address = serde_json::from_value(address).unwrap();
        let (outcome, received) = wire().perform(&job, vec![member("subscribed")]).await;
        let mut expected = names.clone();
        expected.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(received[0].json()["merge_fields"], expected, "{fields}");
        assert_eq!(told(&outcome).contains("left out"), left_out, "{fields}");
    }
}

#[tokio::test]
async fn add_to_list_leaves_whoever_said_no_as_they_are() {
    for (status, word) in [("unsubscribed", "unsubscribed"), ("cleaned", "cleaned")] {
        let (outcome, received) = wire().perform(&add_to_list(), vec![member(status)]).await;
        assert_told(&outcome, "already so", word, status);
        assert_eq!(seen(&received), ["PUT <member>?skip_merge_validation=true"]);
    }
}

#[tokio::test]
async fn add_to_list_brings_back_whoever_never_said_no() {
    for (opt_in, wanted) in [(false, "subscribed"), (true, "pending")] {
        for status in ["archived", "transactional"] {
            let job = job(App::MAILCHIMP, "add_to_list", json!({"list_id": "a1", "double_opt_in": opt_in}));
            let (outcome, received) = wire().perform(&job, vec![member(status), member(wanted)]).await;
            let put_and_patch =
                ["PUT <member>?skip_merge_validation=true", "PATCH <member>?skip_merge_validation=true"];
            assert_eq!(seen(&received), put_and_patch);
            assert_eq!(received[1].json(), json!({"status": wanted}));
            assert_told(&outcome, "done", "subscribed again", status);
        }
    }
    let compliance = problem(400, "Member In Compliance State", "ada@example.com is in a compliance state");
    let (outcome, _) = wire().perform(&add_to_list(), vec![member("archived"), compliance]).await;
    assert_told(
        &outcome,
        "rejected",
        "lets only the contact subscribe again",
        "archived after unsubscribing",
    );
    let (outcome, _) = wire().perform(&add_to_list(), vec![member("archived"), member("archived")]).await;
    assert_told(&outcome, "not yet", "archived", "a second call without effect");
}

#[tokio::test]
async fn every_answer_to_add_to_list_has_its_outcome() {
    let invalid = |detail: &str| problem(400, "Invalid Resource", detail);
    let with = |detail: &str, field: &str, message: &str| {
        let errors = json!([{"field": field, "message": message}]);
        Reply::json(
            400,
            json!({"title": "Invalid Resource", "status": 400, "detail": detail, "errors": errors}),
        )
    };
    let fields = with("Your merge fields were invalid.", "BIRTHDAY", "Please enter a date");
    let schema = with("It could not be validated.", "email_address", "Schema describes string, NULL found");
    let exists = "ada@example.com is already a list member. Use PUT to insert or update";
    let compliance = "ada@example.com is in a compliance state due to unsubscribe, bounce, or compliance review \
                      and cannot be subscribed.";
    let listed = "ada@example.com is already a list member in compliance state due to unsubscribe, bounce or \
                  compliance review and cannot be subscribed.";
    let forgotten = "ada@example.com was permanently deleted and cannot be re-imported. The contact must \
                     re-subscribe to get back on the list.";
    let signups = "ada@example.com has signed up to a lot of lists very recently; we're not allowing more \
                   signups for now";
    let fake = "ada@example.com looks fake or invalid, please enter a real email address.";
    let compliant = |detail: &str| problem(400, "Member In Compliance State", detail);
    let disabled = problem(403, "User Disabled", "This account has been deactivated");
    let own = [
        ("exists", problem(400, "Member Exists", exists), "already so", "on the list"),
        (
            "exists, in Portuguese",
            problem(400, "Membro existe", "already a list member"),
            "already so",
            "list",
        ),
        ("compliance", compliant(compliance), "rejected", "Double opt-in"),
        ("compliance, of a contact who is on the list", compliant(listed), "rejected", "Double opt-in"),
        ("forgotten", problem(400, "Forgotten Email", forgotten), "rejected", "permanently deleted"),
        ("fake", invalid(fake), "rejected", "looks fake"),
        ("no address", invalid("Please provide a valid email address."), "rejected", "Correct the address"),
        ("no address, by field", schema, "rejected", "Correct the address"),
        ("signups", invalid(signups), "not yet", "a lot of lists"),
        ("merge fields", fields, "rejected", "BIRTHDAY: Please enter a date"),
        ("anything else", problem(400, "Bad Request", "Nope."), "rejected", "rejected the request: Nope."),
        ("no list", not_found(), "rejected", "Choose Refresh"),
        ("key", problem(401, "API Key Invalid", "It may be invalid"), "reconnect", "may be invalid"),
        ("key, bare", Reply::status(401), "reconnect", "rejected the API key or the login. |"),
        ("forbidden", problem(403, "Forbidden", "Your plan has no API access"), "reconnect", "no API access"),
        ("disabled", disabled, "reconnect", "deactivated"),
        ("crowded", Reply::status(403), "wait", "no more calls"),
        ("too many, said", problem(429, "Too Many Requests", "10 connections"), "wait", "no more calls"),
        ("fault, said", problem(500, "Internal Server Error", "An unexpected error"), "retry", "500"),
        ("garbage, done", Reply::text(200, "<html>hello</html>"), "retry", "cannot be read"),
        ("a new status", member("dormant"), "done", "did not return their status"),
    ];
    wire().answers(&add_to_list(), &[], &own).await;
}

#[tokio::test]
async fn a_field_that_mailchimp_rejects_is_left_out_once() {
    let mut job = add_to_list();
    job.settings.0.insert("phone_field".to_owned(), json!("PHONE"));
    job.contact.phone = Some("none".to_owned());
    let refused = |field: &str| {
        let errors = json!([{"field": field, "message": "Please enter a valid phone number"}]);
        let body = json!({"title": "Invalid Resource", "status": 400, "detail": "Your merge fields were invalid.", "errors": errors});
        Reply::json(400, body)
    };
    for field in ["PHONE", "merge_fields.PHONE"] {
        let (outcome, received) = wire().perform(&job, vec![refused(field), member("subscribed")]).await;
        let note = "`PHONE` was rejected and left out: Please enter a valid phone number";
        assert_told(&outcome, "done", note, field);
        let names = json!({"FNAME": "Ada", "LNAME": "Lovelace"});
        let mut first = names.clone();
        first["PHONE"] = json!("none");
        assert_eq!(
            (&received[0].json()["merge_fields"], &received[1].json()["merge_fields"]),
            (&first, &names)
        );
        assert_eq!(received[1].json()["email_address"], "ada@example.com");
    }
    let replies = vec![refused("PHONE"), refused("FNAME"), member("subscribed")];
    let (outcome, received) = wire().perform(&job, replies).await;
    assert_told(&outcome, "done", "`FNAME` was rejected and left out", "a second one");
    assert_eq!(received[2].json()["merge_fields"], json!({"LNAME": "Lovelace"}));
    let (outcome, received) = wire().perform(&job, vec![refused("PHONE"), refused("PHONE")]).await;
    assert_told(&outcome, "rejected", "PHONE: Please enter", "the same again");
    assert_eq!(received.len(), 2);
    // The fields that identify a contact, and fields that were not sent, are never left out.
    for field in ["email_address", "BIRTHDAY"] {
        let (outcome, received) = wire().perform(&job, vec![refused(field)]).await;
        assert_told(&outcome, "rejected", field, field);
        assert_eq!(received.len(), 1, "{field}");
    }
}

#[tokio::test]
async fn a_tag_that_another_action_creates_at_the_same_moment_is_tried_again() {
    let taken = problem(400, "Bad Request", "Sorry, that tag already exists.");
    let (outcome, _) = wire().perform(&tag("add_tag"), vec![taken]).await;
    assert_told(&outcome, "not yet", "at the same moment", "taken");
}

#[tokio::test]
async fn a_named_time_is_waited_for_and_an_unnamed_one_is_short() {
    let at = "Sat, 21 Nov 2026 10:05:00 GMT";
    let answers = [
        (Reply::status(429), 1),
        (Reply::status(403), 10),
        (Reply::status(429).header("retry-after", "120"), 120),
        (Reply::status(503).header("Retry-After", at), 300),
    ];
    wire().waits(&add_to_list(), &[], answers).await;
}

#[tokio::test]
async fn remove_from_list_archives_whoever_has_not_said_no() {
    for status in ["subscribed", "pending", "transactional"] {
        let (outcome, received) =
            wire().perform(&remove_from_list("archive"), vec![member(status), Reply::status(204)]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(seen(&received), ["GET <member>?fields=status", "DELETE <member>"]);
    }
    for status in ["unsubscribed", "cleaned", "archived"] {
        let (outcome, received) = wire().perform(&remove_from_list("archive"), vec![member(status)]).await;
        assert_told(&outcome, "already so", status, status);
        assert_eq!(seen(&received), ["GET <member>?fields=status"]);
    }
    for raced in [not_found(), problem(405, "Method Not Allowed", "archived")] {
        let (outcome, _) =
            wire().perform(&remove_from_list("archive"), vec![member("subscribed"), raced]).await;
        assert_told(&outcome, "already so", "archived", "raced");
    }
}

#[tokio::test]
async fn remove_from_list_unsubscribes_where_the_rule_says_so() {
    let (outcome, received) =
        wire().perform(&remove_from_list("unsubscribe"), vec![member("unsubscribed")]).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(seen(&received), ["PATCH <member>?skip_merge_validation=true"]);
    assert_eq!(received[0].json(), json!({"status": "unsubscribed"}));
    let (outcome, _) = wire().perform(&remove_from_list("delete"), vec![]).await;
    assert_told(&outcome, "rejected", "`delete`", "no such mode");
}

#[tokio::test]
async fn tags_are_put_on_and_taken_off_by_name() {
    for (action, status) in [("add_tag", "active"), ("remove_tag", "inactive")] {
        let (outcome, received) = wire().perform(&tag(action), vec![Reply::status(204)]).await;
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(seen(&received), ["POST <member>/tags"]);
        assert_eq!(received[0].json(), json!({"tags": [{"name": "Käufer & VIP", "status": status}]}));
    }
}

#[tokio::test]
async fn a_page_is_the_answer_of_no_request() {
    for (job, replies) in [
        (add_to_list(), vec![member("subscribed")]),
        (remove_from_list("archive"), vec![member("subscribed"), Reply::status(204)]),
        (remove_from_list("archive"), vec![not_found(), a_list()]),
        (remove_from_list("unsubscribe"), vec![member("unsubscribed")]),
        (tag("add_tag"), vec![Reply::status(204)]),
        (tag("remove_tag"), vec![Reply::status(204)]),
    ] {
        wire().takes_no_page(&job, &replies).await;
    }
}

#[tokio::test]
async fn a_404_is_looked_into() {
    // action, attempt, whether the list exists, outcome
    for (job, nth, list, kind, words) in [
        (remove_from_list("archive"), 1, a_list(), "already so", "not on the list"),
        (remove_from_list("archive"), 1, not_found(), "rejected", "Choose Refresh"),
        (remove_from_list("unsubscribe"), 1, a_list(), "already so", "not on the list"),
        (remove_from_list("unsubscribe"), 1, not_found(), "rejected", "Choose Refresh"),
        (remove_from_list("unsubscribe"), 1, Reply::status(500), "retry", "500"),
        (tag("add_tag"), 1, a_list(), "not yet", "Add To List may still be in progress"),
        (tag("add_tag"), 2, a_list(), "not yet", "Add To List may still be in progress"),
        (tag("add_tag"), 3, a_list(), "rejected", "Add a rule with the action Add To List"),
        (tag("add_tag"), 1, not_found(), "rejected", "Choose Refresh"),
        (tag("remove_tag"), 1, a_list(), "already so", "no tag to remove"),
        (tag("remove_tag"), 1, not_found(), "rejected", "Choose Refresh"),
    ] {
        let case = format!("{} at attempt {nth}", job.action);
        let (outcome, received) = wire().nth(nth, &job, vec![not_found(), list]).await;
        assert_told(&outcome, kind, words, &case);
        assert_eq!(seen(&received)[1], "GET /lists/a1?fields=id", "{case}");
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_not_sent() {
    let no_list = job(App::MAILCHIMP, "add_to_list", json!({}));
    let up = job(App::MAILCHIMP, "add_to_list", json!({"list_id": ".."}));
    let key = |key: &str| json!({"api_key": key});
    let token = |center: &str| json!({"access_token": "t", "dc": center});
    wire()
        .unsent([
            (no_list, key(KEY), "rejected", "`list_id`"),
            (up, key(KEY), "rejected", "`..` is not a valid id"),
            (add_to_list(), key("0123456789abcdef"), "reconnect", "data center"),
            (add_to_list(), key("key-evil.example/#"), "reconnect", "data center"),
            (add_to_list(), key(""), "reconnect", "`api_key`"),
            (add_to_list(), token(""), "reconnect", "`dc`"),
            (add_to_list(), token("us6.evil.example"), "reconnect", "data centers"),
        ])
        .await;
}

#[tokio::test]
async fn the_manifest_is_kept() {
    let job = |action: &str| job(App::MAILCHIMP, action, json!({"list_id": "a1", "tag": "VIP"}));
    wire().keeps_the_manifest(job, &[Reply::json(200, json!({"lists": [], "total_items": 0}))]).await;
}
