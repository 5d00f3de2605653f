//! What each of Thinkific's answers becomes.

use connector::testing::{NOW, Reply};
use domain::outcome::{Outcome, Setback};
use jiff::SignedDuration;
use serde_json::json;

use super::{
    ada, assert_told, enroll, enroll_in_bundle, error, expired, full, invalid, items, nobody, perform,
    perform_with, told, unenroll_from_bundle,
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
    for (case, reply, kind, words) in [
        ("key", error(401, "Authentication Error"), "reconnect", "API key and subdomain"),
        ("key, bare", Reply::status(401), "reconnect", "API key and subdomain"),
        ("plan", error(403, plan), "reconnect", "Change to a Thinkific plan"),
        ("scope", error(403, "Access token has insufficient scope."), "reconnect", "allow what is asked for"),
        ("permission", error(403, permission), "reconnect", "allow what is asked for"),
        ("forbidden", error(403, "Site suspended"), "reconnect", "Site suspended"),
        ("a wall before it", Reply::text(403, "<html>Attention Required!"), "retry", "cannot be read"),
        ("too many, long ago", Reply::json(403, json!("Rate Limit Exceeded")), "wait", "no more calls"),
        ("too many", error(429, "Too many requests"), "wait", "no more calls"),
        ("too many, bare", Reply::status(429), "wait", "no more calls"),
        (
            "no such page",
            error(404, "Record not found."),
            "rejected",
            "rejected the request: Record not found.",
        ),
        ("no such page, bare", Reply::text(404, "<html>"), "retry", "cannot be read"),
        ("bad", error(400, "Parameter ID is required."), "rejected", "Parameter ID is required."),
        ("bad, unreadable", Reply::text(400, "<html>"), "retry", "cannot be read"),
        ("slow", Reply::status(408), "retry", "408"),
        ("fault", error(500, "Internal server error"), "retry", "500"),
        ("maintenance", Reply::status(503), "retry", "503"),
        ("maintenance until", Reply::status(503).header("retry-after", "60"), "wait", "no more calls"),
        ("Cloudflare", Reply::text(520, "<html>"), "retry", "520"),
        ("Cloudflare", Reply::text(522, "<html>"), "retry", "522"),
        ("Cloudflare", Reply::text(525, "<html>"), "retry", "525"),
        ("silence", Reply::Silence, "retry", "Thinkific did not answer in time"),
        ("hang-up", Reply::HangUp, "retry", "The connection to Thinkific broke off"),
        ("garbage", Reply::text(200, "<html>hello</html>"), "retry", "cannot be read"),
        ("redirect", Reply::status(302).header("location", "https://example.com/"), "retry", "302"),
    ] {
        let (outcome, received) = perform(&enroll(), vec![reply]).await;
        assert_told(&outcome, kind, words, case);
        let told = told(&outcome);
        assert!(!told.contains(": |") && !told.contains(": ."), "{case}: an empty quotation: {told}");
        assert_eq!(received.len(), 1, "{case}");
    }
    let token = json!({"access_token": "5a16505d", "subdomain": "my-school"});
    let (outcome, _) = perform_with(token, &enroll(), vec![error(401, "Authentication Error")]).await;
    assert_told(&outcome, "reconnect", "rejected the connection", "token");
}

#[tokio::test]
async fn a_named_time_is_waited_for_and_an_unnamed_one_is_a_minute() {
    for (headers, seconds) in [
        (vec![], 60),
        // 2026-11-21T10:00:40Z
        (vec![("RateLimit-Reset", "1795255240000")], 40),
        (vec![("RateLimit-Reset", "1795255240")], 40),
        (vec![("RateLimit-Reset", "1795255240000"), ("retry-after", "120")], 40),
        (vec![("RateLimit-Reset", "soon"), ("retry-after", "120")], 120),
        (vec![("RateLimit-Reset", "40")], 60),
    ] {
        let reply = headers.iter().fold(Reply::status(429), |reply, (name, value)| reply.header(name, value));
        let (outcome, _) = perform(&enroll(), vec![reply]).await;
        let Outcome::Failed(Setback::RateLimited { until, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(until.duration_since(NOW), SignedDuration::from_secs(seconds), "{headers:?}");
    }
}
