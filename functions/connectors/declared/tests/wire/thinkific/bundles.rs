//! Enrolling in a bundle and unenrolling from it.

use connector::testing::{Reply, assert_told, lines};
use domain::outcome::Outcome;
use serde_json::json;

use super::{
    FIND_IN_BUNDLE, FIND_USER, ada, enroll_in_bundle, enrollment, expired, full, items, nobody, perform,
    trial, unenroll_from_bundle, user,
};

#[tokio::test]
async fn a_bundle_is_enrolled_in_as_a_whole() {
    let bundle = || Reply::json(200, json!({"id": 90, "name": "All", "course_ids": [41, 42]}));
    let (post, put) = ("POST /bundles/90/enrollments", "PUT /bundles/90/enrollments");
    let second = || enrollment(42, json!({}));
    let not_a_course = enrollment(9000, json!({}));
    let ending = || enrollment(42, json!({"expiry_date": "2027-11-21T10:00:00Z"}));
    for (case, found, answers, wanted, kind, words) in [
        ("new", json!([]), vec![Reply::status(201)], vec![post], "done", ": "),
        ("async", json!([]), vec![Reply::status(202)], vec![post], "done", "is enrolling"),
        (
            "all of it",
            json!([full(), second()]),
            vec![bundle()],
            vec!["GET /bundles/90"],
            "already so",
            "access to the bundle",
        ),
        (
            "one for the bundle",
            json!([not_a_course]),
            vec![bundle()],
            vec!["GET /bundles/90"],
            "already so",
            "bundle",
        ),
        (
            "one course bought by itself",
            json!([full()]),
            vec![bundle(), Reply::status(201)],
            vec!["GET /bundles/90", post],
            "done",
            ": ",
        ),
        (
            "one of it ended",
            json!([expired(), second()]),
            vec![bundle(), Reply::status(204)],
            vec!["GET /bundles/90", "PUT /enrollments/541"],
            "done",
            "had ended",
        ),
        (
            "all of it ended",
            json!([expired(), enrollment(42, json!({"expired": true}))]),
            vec![bundle(), Reply::status(204)],
            vec!["GET /bundles/90", put],
            "done",
            "had ended",
        ),
        (
            "one course bought by itself, and ended",
            json!([expired()]),
            vec![bundle(), Reply::status(201), Reply::status(204)],
            vec!["GET /bundles/90", post, "PUT /enrollments/541"],
            "done",
            "had ended",
        ),
        (
            "one of it ends in a year",
            json!([full(), ending()]),
            vec![bundle(), Reply::status(204)],
            vec!["GET /bundles/90", "PUT /enrollments/542"],
            "done",
            "would have ended on 2027-11-21",
        ),
        (
            "trials",
            json!([trial(), enrollment(42, json!({"is_free_trial": true}))]),
            vec![bundle(), Reply::status(204)],
            vec!["GET /bundles/90", put],
            "done",
            "free trial",
        ),
    ] {
        let replies = [vec![ada(), items(found)], answers].concat();
        let (outcome, received) = perform(&enroll_in_bundle(), replies).await;
        assert_told(&outcome, kind, words, case);
        assert_eq!(lines(&received), [vec![FIND_USER, FIND_IN_BUNDLE], wanted].concat(), "{case}");
        for request in received.iter().filter(|request| request.method != "GET") {
            let mut body = json!({"user_id": 7, "activated_at": "2026-11-21T10:00:00Z"});
            if request.line().starts_with("PUT /enrollments/") {
                body.as_object_mut().unwrap().remove("user_id");
            }
            if request.method == "PUT" && words.contains("ended") {
                body["expiry_date"] = json!("2099-12-31T00:00:00Z");
            }
            if words.starts_with("would") {
                body["activated_at"] = full()["activated_at"].clone();
            }
            assert_eq!(request.json(), body, "{case}");
        }
    }
    let found = items(json!([expired(), ending()]));
    let replies = vec![ada(), found, bundle(), Reply::status(204), Reply::status(204)];
    let (_, received) = perform(&enroll_in_bundle(), replies).await;
    assert_eq!(lines(&received)[3..], ["PUT /enrollments/541", "PUT /enrollments/542"], "terms of their own");
    assert_eq!(received[4].json()["activated_at"], full()["activated_at"], "a full one keeps its date");

    let made = vec![nobody(), Reply::json(201, user()), Reply::status(201)];
    let (outcome, received) = perform(&enroll_in_bundle(), made).await;
    assert_told(&outcome, "done", "created an account", "a new contact");
    assert_eq!(lines(&received)[2], post);
}

#[tokio::test]
async fn a_bundle_is_left_as_a_whole() {
    let replies = vec![ada(), items(json!([expired(), enrollment(42, json!({}))])), Reply::status(204)];
    let (outcome, received) = perform(&unenroll_from_bundle(), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND_USER, FIND_IN_BUNDLE, "PUT /bundles/90/enrollments"]);
    assert_eq!(received[2].json(), json!({"user_id": 7, "expiry_date": "2026-11-21T09:59:00Z"}));
}
