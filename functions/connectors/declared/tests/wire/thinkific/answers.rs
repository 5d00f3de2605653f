//! The outcome of each of Thinkific's responses.

use connector::testing::{Reply, assert_told};
use serde_json::json;

use super::{
    ada, enroll, enroll_in_bundle, error, expired, full, invalid, items, key, nobody, perform,
    unenroll_from_bundle, wire,
};

#[tokio::test]
async fn what_is_gone_or_there_already_is_said() {
    let gone = || error(404, "Record not found.");
    let no_course = || invalid(json!(["Course could not be found.", "User could not be found."]));
    for (case, job, replies, kind, words) in [
        ("course", enroll(), vec![nobody(), no_course()], "rejected", "choose another course"),
        (
            "user",
            enroll(),
            vec![nobody(), invalid(json!(["User could not be found."]))],
            "not yet",
            "removed",
        ),
        (
            "enrolled",
            enroll(),
            vec![nobody(), invalid(json!(["User already enrolled."]))],
            "not yet",
            "already enrolled",
        ),
        ("anything", enroll(), vec![nobody(), invalid(json!(["Nope."]))], "rejected", "Nope."),
        ("enrollment", enroll(), vec![items(json!([expired()])), gone()], "not yet", "removed"),
        ("course", enroll(), vec![items(json!([expired()])), no_course()], "rejected", "another course"),
        ("bundle", enroll_in_bundle(), vec![gone()], "rejected", "choose another bundle"),
        ("bundle", enroll_in_bundle(), vec![nobody(), gone()], "rejected", "choose another bundle"),
        ("bundle", enroll_in_bundle(), vec![items(json!([full()])), gone()], "rejected", "another bundle"),
        (
            "bundle",
            enroll_in_bundle(),
            vec![nobody(), invalid(json!({"user_id": ["can't be blank"]}))],
            "rejected",
            "user_id: can't",
        ),
        ("bundle", unenroll_from_bundle(), vec![gone()], "rejected", "choose another bundle"),
    ] {
        let (outcome, _) = perform(&job, [vec![ada()], replies].concat()).await;
        assert_told(&outcome, kind, words, &format!("{case}, {}", job.action));
    }
}

#[tokio::test]
async fn every_answer_has_its_outcome() {
    let plan = "Access to Apps is not available on your plan. Upgrade to gain access";
    let permission = "App does not have permission to perform this action";
    let own = [
        ("key", error(401, "Authentication Error"), "reconnect", "API key and subdomain"),
        ("key, bare", Reply::status(401), "reconnect", "API key and subdomain"),
        ("plan", error(403, plan), "reconnect", "Change to a Thinkific plan"),
        (
            "scope",
            error(403, "Access token has insufficient scope."),
            "reconnect",
            "allow the requested permissions",
        ),
        ("permission", error(403, permission), "reconnect", "allow the requested permissions"),
        ("forbidden", error(403, "Site suspended"), "reconnect", "Site suspended"),
        ("too many, long ago", Reply::json(403, json!("Rate Limit Exceeded")), "wait", "no more calls"),
        ("too many, said", error(429, "Too many requests"), "wait", "no more calls"),
        ("no such page", error(404, "Record not found."), "rejected", "the request: Record not found."),
        ("no such page, bare", Reply::text(404, "<html>"), "retry", "cannot be read"),
        ("bad", error(400, "Parameter ID is required."), "rejected", "Parameter ID is required."),
        ("fault, said", error(500, "Internal server error"), "retry", "500"),
        ("Cloudflare", Reply::text(520, "<html>"), "retry", "520"),
        ("Cloudflare", Reply::text(525, "<html>"), "retry", "525"),
        ("garbage, done", Reply::text(200, "<html>hello</html>"), "retry", "cannot be read"),
    ];
    wire(key()).answers(&enroll(), &[], &own).await;
    let token = json!({"access_token": "5a16505d", "subdomain": "my-school"});
    let refused = ("token", error(401, "Authentication Error"), "reconnect", "rejected the connection");
    wire(token).answers(&enroll(), &[], &[refused]).await;
}

#[tokio::test]
async fn a_named_time_is_waited_for_and_an_unnamed_one_is_a_minute() {
    let answers = [
        (vec![], 60),
        // 2026-11-21T10:00:40Z
        (vec![("RateLimit-Reset", "1795255240000")], 40),
        (vec![("RateLimit-Reset", "1795255240")], 40),
        (vec![("RateLimit-Reset", "1795255240000"), ("retry-after", "120")], 40),
        (vec![("RateLimit-Reset", "soon"), ("retry-after", "120")], 120),
        (vec![("RateLimit-Reset", "40")], 40),
        (vec![("RateLimit-Reset", "soon")], 60),
    ];
    let answers = answers.map(|(headers, seconds)| {
        let limited = Reply::status(429);
        (headers.iter().fold(limited, |reply, (name, value)| reply.header(name, value)), seconds)
    });
    wire(key()).waits(&enroll(), &[], answers).await;
}
