//! Enrolling in a course and unenrolling from it.

use connector::testing::{Reply, assert_told, lines, told};
use domain::outcome::Outcome;
use serde_json::json;

use super::{
    FIND_ENROLLMENT, FIND_USER, ada, enroll, enrollment, error, expired, full, items, nobody, perform, trial,
    unenroll, unenroll_from_bundle, user,
};

#[tokio::test]
async fn somebody_new_gets_an_account_and_a_full_enrollment() {
    let (made, done) = (Reply::json(201, user()), Reply::json(201, full()));
    let (outcome, received) = perform(&enroll(), vec![nobody(), made, done]).await;
    assert_told(&outcome, "done", "created an account", "new");
    assert_eq!(lines(&received), [FIND_USER, "POST /users", "POST /enrollments"]);
    for request in &received {
        assert_eq!(request.header("x-auth-api-key"), "0123456789abcdef");
        assert_eq!(request.header("x-auth-subdomain"), "my-school");
        assert_eq!(request.header("authorization"), "");
        let kind = if request.method == "GET" { "" } else { "application/json" };
        assert_eq!(request.header("content-type"), kind);
    }
    let made = json!({
        "email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace", "send_welcome_email": true,
        "skip_custom_fields_validation": true,
    });
    assert_eq!(received[1].json(), made);
    let enrolled = json!({"course_id": 41, "user_id": 7, "activated_at": "2026-11-21T10:00:00Z"});
    assert_eq!(received[2].json(), enrolled);
}

#[tokio::test]
async fn somebody_known_is_enrolled_under_their_account() {
    let strangers = json!([{"id": 6, "email": "not-ada@example.com"}, {"id": 5, "email": null}, user()]);
    let replies = vec![items(strangers), nobody(), Reply::json(201, full())];
    let (outcome, received) = perform(&enroll(), replies).await;
    assert_eq!(outcome, Outcome::DONE);
    assert_eq!(lines(&received), [FIND_USER, FIND_ENROLLMENT, "POST /enrollments"]);
    assert_eq!(received[2].json()["user_id"], 7);
}

#[tokio::test]
async fn who_has_full_access_without_an_end_is_left_alone() {
    for found in [
        json!([full()]),
        json!([enrollment(41, json!({"expiry_date": "2099-12-31T00:00:00.000Z"}))]),
        json!([expired(), full()]),
    ] {
        let (outcome, received) = perform(&enroll(), vec![ada(), items(found)]).await;
        assert_told(&outcome, "already so", "full access to the course", "full");
        assert_eq!(lines(&received), [FIND_USER, FIND_ENROLLMENT]);
    }
}

#[tokio::test]
async fn who_buys_again_before_the_end_keeps_access_for_good() {
    let ending = enrollment(41, json!({"expiry_date": "2027-01-01T00:00:00Z"}));
    let undated = enrollment(41, json!({"expiry_date": "2027-01-01T00:00:00Z", "activated_at": null}));
    for (found, activated_at) in [
        (json!([ending]), "2026-01-01T01:01:00Z"),
        (json!([expired(), ending]), "2026-01-01T01:01:00Z"),
        (json!([undated]), "2026-11-21T10:00:00Z"),
    ] {
        let (outcome, received) = perform(&enroll(), vec![ada(), items(found), Reply::status(204)]).await;
        assert_told(&outcome, "done", "would have ended on 2027-01-01", "a future end");
        assert_eq!(lines(&received), [FIND_USER, FIND_ENROLLMENT, "PUT /enrollments/541"]);
        let written = json!({"activated_at": activated_at, "expiry_date": "2099-12-31T00:00:00Z"});
        assert_eq!(received[2].json(), written);
    }
}

#[tokio::test]
async fn what_gives_less_than_full_access_is_made_full() {
    let never = json!({"activated_at": "2026-11-21T10:00:00Z", "expiry_date": "2099-12-31T00:00:00Z"});
    let open = json!({"activated_at": "2026-11-21T10:00:00Z"});
    for (found, written, words) in [
        (expired(), &never, "had ended"),
        // A past end counts, regardless of the flag.
        (enrollment(41, json!({"expiry_date": "2026-11-21T09:59:59Z"})), &never, "had ended"),
        (enrollment(41, json!({"expired": true})), &never, "had ended"),
        (trial(), &open, "was a free trial"),
        (
            enrollment(41, json!({"is_free_trial": true, "expiry_date": "2026-12-01T00:00:00Z"})),
            &never,
            "free trial",
        ),
    ] {
        let replies = vec![ada(), items(json!([found])), Reply::status(204)];
        let (outcome, received) = perform(&enroll(), replies).await;
        assert_told(&outcome, "done", words, words);
        assert_eq!(told(&outcome).contains("2099"), written == &never, "{words}");
        assert_eq!(lines(&received), [FIND_USER, FIND_ENROLLMENT, "PUT /enrollments/541"]);
        assert_eq!(received[2].json(), *written, "{words}");
    }
}

#[tokio::test]
async fn unenroll_ends_what_is_open_a_minute_ago() {
    for found in [full(), trial(), enrollment(41, json!({"expiry_date": "2027-01-01T00:00:00Z"}))] {
        let replies = vec![ada(), items(json!([expired(), found])), Reply::status(204)];
        let (outcome, received) = perform(&unenroll(), replies).await;
        assert_told(&outcome, "done", "from a bundle", "open");
        assert_eq!(lines(&received), [FIND_USER, FIND_ENROLLMENT, "PUT /enrollments/541"]);
        assert_eq!(received[2].json(), json!({"expiry_date": "2026-11-21T09:59:00Z"}));
    }
}

#[tokio::test]
async fn there_may_be_nothing_to_unenroll_from() {
    for (case, job, replies, words) in [
        ("no account", unenroll(), vec![nobody()], "no account"),
        ("not enrolled", unenroll(), vec![ada(), nobody()], "not enrolled in the course"),
        ("ended", unenroll(), vec![ada(), items(json!([expired()]))], "has ended"),
        ("no account", unenroll_from_bundle(), vec![nobody()], "no account"),
        ("not enrolled", unenroll_from_bundle(), vec![ada(), nobody()], "not enrolled in the bundle"),
        ("ended", unenroll_from_bundle(), vec![ada(), items(json!([expired()]))], "has ended"),
    ] {
        let (sent, (outcome, received)) = (replies.len(), perform(&job, replies).await);
        assert_told(&outcome, "already so", words, case);
        assert_eq!(received.len(), sent, "{case}");
    }
    // Enrollments of others are never changed.
    let others = json!([enrollment(42, json!({})), enrollment(41, json!({"user_id": 8}))]);
    let (outcome, _) = perform(&unenroll(), vec![ada(), items(others)]).await;
    assert_told(&outcome, "already so", "not enrolled in the course", "others");
}

#[tokio::test]
async fn an_enrollment_that_is_not_found_when_it_is_ended_is_looked_for_again() {
    let gone = || error(404, "Record not found.");
    let other = || enrollment(41, json!({"id": 542}));
    for (found, answers, then, kind, words) in [
        (json!([full()]), vec![gone()], nobody(), "already so", "not enrolled in the course"),
        (json!([full()]), vec![gone()], items(json!([expired()])), "already so", "has ended"),
        (json!([full()]), vec![gone()], items(json!([full()])), "not yet", "did not find an enrollment"),
        (json!([full(), other()]), vec![gone(), Reply::status(204)], nobody(), "done", ": "),
    ] {
        let replies = [vec![ada(), items(found)], answers, vec![then]].concat();
        let sent = replies.len();
        let (outcome, received) = perform(&unenroll(), replies).await;
        assert_told(&outcome, kind, words, words);
        assert_eq!(received.len(), sent, "{words}");
    }
    for (then, kind, words) in [
        (nobody(), "already so", "not enrolled in the bundle"),
        (items(json!([expired()])), "already so", "has ended"),
        (items(json!([full()])), "not yet", "did not find an enrollment"),
        (gone(), "rejected", "choose another bundle"),
    ] {
        let replies = vec![ada(), items(json!([full()])), gone(), then];
        let (outcome, received) = perform(&unenroll_from_bundle(), replies).await;
        assert_told(&outcome, kind, words, words);
        assert_eq!(received.len(), 4, "{words}");
    }
}
