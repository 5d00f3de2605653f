//! Into a course and out of it.

use connector::testing::Reply;
use domain::outcome::Outcome;
use serde_json::json;

use super::{
    FIND_ENROLLMENT, FIND_USER, ada, assert_told, enroll, enrollment, error, expired, full, items, lines,
    nobody, perform, told, trial, unenroll, unenroll_from_bundle, user,
};

#[tokio::test]
async fn somebody_new_gets_an_account_and_a_full_enrollment() {
    let (made, done) = (Reply::json(201, user()), Reply::json(201, full()));
    let (outcome, received) = perform(&enroll(), vec![nobody(), made, done]).await;
    assert_told(&outcome, "done", "made an account", "new");
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
async fn who_has_full_access_is_left_alone() {
    for (found, words) in [
        (full(), "full access to the course."),
        (enrollment(41, json!({"expiry_date": "2027-01-01T00:00:00Z"})), "until 2027-01-01"),
    ] {
        let (outcome, received) = perform(&enroll(), vec![ada(), items(json!([found]))]).await;
        assert_told(&outcome, "already so", words, words);
        assert_eq!(lines(&received), [FIND_USER, FIND_ENROLLMENT]);
    }
}

#[tokio::test]
async fn what_gives_less_than_full_access_is_made_full() {
    let never = json!({"activated_at": "2026-11-21T10:00:00Z", "expiry_date": "2099-12-31T00:00:00Z"});
    let open = json!({"activated_at": "2026-11-21T10:00:00Z"});
    for (found, written, words) in [
        (expired(), &never, "had ended"),
        // An end that has passed counts, whatever the flag says.
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
        assert_eq!(outcome, Outcome::DONE);
        assert_eq!(lines(&received), [FIND_USER, FIND_ENROLLMENT, "PUT /enrollments/541"]);
        assert_eq!(received[2].json(), json!({"expiry_date": "2026-11-21T09:59:00Z"}));
    }
}

#[tokio::test]
async fn there_may_be_nothing_to_unenroll_from() {
    for (case, job, replies, words) in [
        ("nobody", unenroll(), vec![nobody()], "no account"),
        ("not enrolled", unenroll(), vec![ada(), nobody()], "not enrolled in the course"),
        ("ended", unenroll(), vec![ada(), items(json!([expired()]))], "has ended"),
        ("nobody", unenroll_from_bundle(), vec![nobody()], "no account"),
        ("not enrolled", unenroll_from_bundle(), vec![ada(), nobody()], "not enrolled in the bundle"),
        ("ended", unenroll_from_bundle(), vec![ada(), items(json!([expired()]))], "has ended"),
    ] {
        let (sent, (outcome, received)) = (replies.len(), perform(&job, replies).await);
        assert_told(&outcome, "already so", words, case);
        assert_eq!(received.len(), sent, "{case}");
    }
    // What belongs to others is never written to.
    let others = json!([enrollment(42, json!({})), enrollment(41, json!({"user_id": 8}))]);
    let (outcome, _) = perform(&unenroll(), vec![ada(), items(others)]).await;
    assert_told(&outcome, "already so", "not enrolled in the course", "others");
    let gone = vec![ada(), items(json!([full()])), error(404, "Record not found.")];
    assert_eq!(perform(&unenroll(), gone).await.0, Outcome::DONE);
}
