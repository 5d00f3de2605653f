//! Accounts: for which contacts they are created, and with which fields.

use connector::testing::{Reply, assert_told, lines};
use domain::app::App;
use domain::manifest::Catalog;
use domain::outcome::Outcome;
use serde_json::json;

use super::{FIND_ENROLLMENT, FIND_USER, ada, enroll, enroll_in_bundle, full, invalid, nobody, perform};

#[tokio::test]
async fn people_are_written_as_they_are_and_never_without_a_last_name() {
    for (email, encoded, first, last, expected) in [
        (
            "Ada+Shop@Example.COM",
            "Ada%2BShop%40Example.COM",
            Some("Zoë"),
            Some("Ångström-李"),
            ["Zoë", "Ångström-李"],
        ),
        ("ada@example.com", "ada%40example.com", Some(" Ada "), None, ["Ada", "-"]),
        (
            "ada@example.com",
            "ada%40example.com",
            Some("Ada King Lovelace"),
            Some(" "),
            ["Ada King", "Lovelace"],
        ),
        ("ada@example.com", "ada%40example.com", None, Some("Lovelace"), ["Lovelace", "-"]),
        ("ada.l@example.com", "ada.l%40example.com", Some(""), None, ["ada.l", "-"]),
        (" ada@example.com ", "ada%40example.com", None, None, ["ada", "-"]),
        (
            "o'neil&co=x@example.com",
            "o%27neil%26co%3Dx%40example.com",
            Some(r#"O"N \"#),
            Some("x"),
            [r#"O"N \"#, "x"],
        ),
    ] {
        let mut job = enroll();
        email.clone_into(&mut job.contact.email);
        job.contact.first_name = first.map(str::to_owned);
        job.contact.last_name = last.map(str::to_owned);
        let (_, received) = perform(&job, vec![nobody(), Reply::status(500)]).await;
        assert_eq!(lines(&received)[0], format!("GET /users?query%5Bemail%5D={encoded}&limit=250"));
        let body = received[1].json();
        assert_eq!([&body["first_name"], &body["last_name"]], expected, "{email}");
        assert_eq!(body["email"], email.trim());
    }
}

#[tokio::test]
async fn a_name_that_thinkific_rejects_costs_no_buyer() {
    for (errors, expected) in [
        (json!({"last_name": ["is too long"]}), ["Ada", "-"]),
        (json!({"first_name": ["is odd"]}), ["Lovelace", "-"]),
        (json!({"first_name": ["is odd"], "last_name": ["is odd"]}), ["ada", "-"]),
    ] {
        let made = || Reply::json(201, json!({"id": 7, "email": "ada@example.com"}));
        let replies = vec![nobody(), invalid(errors.clone()), made(), Reply::status(500)];
        let (outcome, _) = perform(&enroll(), replies).await;
        assert_told(
            &outcome,
            "retry",
            "| Thinkific created an account for the contact. `",
            "for the success",
        );
        let replies = vec![nobody(), invalid(errors), made(), Reply::json(201, full())];
        let (outcome, received) = perform(&enroll(), replies).await;
        assert_told(&outcome, "done", "was rejected and left out", "note");
        let all = [FIND_USER, "POST /users", "POST /users", "POST /enrollments"];
        assert_eq!(lines(&received), all);
        let body = received[2].json();
        assert_eq!([&body["first_name"], &body["last_name"]], expected);
    }
}

#[tokio::test]
async fn the_welcome_mail_is_the_rules_choice() {
    let (_, received) = perform(&enroll_in_bundle(), vec![nobody(), Reply::status(500)]).await;
    assert_eq!(received[1].json()["send_welcome_email"], false);
    let manifest = Catalog::get().manifest(App::THINKIFIC).unwrap();
    let settings = serde_json::from_value(json!({"course_id": "41"})).unwrap();
    let checked = manifest.action("enroll_in_course").unwrap().check(&settings).unwrap();
    assert!(checked.flag("send_welcome_email"), "a new student needs the e-mail to sign in");
}

#[tokio::test]
async fn whoever_makes_the_account_second_finds_the_first_ones() {
    let taken = || invalid(json!({"email": ["has already been taken"]}));
    let replies = vec![nobody(), taken(), ada(), nobody(), Reply::json(201, full())];
    let (outcome, received) = perform(&enroll(), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    let all = [FIND_USER, "POST /users", FIND_USER, FIND_ENROLLMENT, "POST /enrollments"];
    assert_eq!(lines(&received), all);
    for (refusal, kind, words) in [
        (taken(), "not yet", "email: has already been taken"),
        (invalid(json!({"email": ["is invalid"]})), "rejected", "Correct the address"),
        (invalid(json!([{"email": "is invalid"}])), "rejected", "Correct the address"),
        (invalid(json!({"role": ["can't be blank", "is odd"]})), "rejected", "role: is odd"),
    ] {
        let (outcome, received) = perform(&enroll(), vec![nobody(), refusal, nobody()]).await;
        assert_told(&outcome, kind, words, words);
        assert_eq!(lines(&received), [FIND_USER, "POST /users", FIND_USER]);
    }
}
