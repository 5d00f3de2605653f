//! What goes over the wire for each action, and what each of Thinkific's answers becomes. Paths, fields, types and
//! statuses are those of the vendor's OpenAPI file "Thinkific Admin API" v1; the texts of errors are its examples', and
//! those of the pages that `src/error.rs` names.
#![expect(clippy::unwrap_used, reason = "in a test")]

use connector::http::HttpSettings;
use connector::testing::{NOW, Received, Reply, Stub, attempt, identify, job, options};
use domain::app::App;
use domain::job::Job;
use domain::manifest::Catalog;
use domain::options::{MOST, OptionItem};
use domain::outcome::Outcome;
use domain::trigger::Trigger;
use jiff::SignedDuration;
use serde_json::{Value, json};
use thinkific::Thinkific;

const FIND_USER: &str = "GET /users?query%5Bemail%5D=ada%40example.com&limit=250";
const FIND_ENROLLMENT: &str = "GET /enrollments?query%5Buser_id%5D=7&query%5Bcourse_id%5D=41&limit=250";
const FIND_IN_BUNDLE: &str = "GET /bundles/90/enrollments?query%5Buser_id%5D=7&limit=250";

fn key() -> Value {
    json!({"api_key": "0123456789abcdef", "subdomain": "my-school"})
}

fn items(items: Value) -> Reply {
    page(items, None)
}

fn page(items: Value, next: Option<u32>) -> Reply {
    let pagination =
        json!({"current_page": 1, "next_page": next, "prev_page": null, "total_pages": 1, "total_items": 1});
    Reply::json(200, json!({"items": items, "meta": {"pagination": pagination}}))
}

fn nobody() -> Reply {
    items(json!([]))
}

fn user() -> Value {
    json!({"id": 7, "email": "Ada@Example.com", "first_name": "Ada", "last_name": "Lovelace", "roles": []})
}

fn ada() -> Reply {
    items(json!([user()]))
}

/// An enrollment of user 7: full, unless `more` says otherwise.
fn enrollment(course: u64, more: Value) -> Value {
    let mut enrollment = json!({
        "id": 500 + course, "user_id": 7, "user_email": "ada@example.com", "user_name": "Ada Lovelace",
        "course_id": course, "course_name": "Bread", "percentage_completed": 0.75, "expired": false,
        "is_free_trial": false, "completed": false, "started_at": "2026-01-01T01:01:00Z",
        "activated_at": "2026-01-01T01:01:00Z", "completed_at": null, "updated_at": "2026-01-01T01:01:00Z",
        "expiry_date": null,
    });
    let Value::Object(more) = more else { panic!("{more}") };
    enrollment.as_object_mut().unwrap().extend(more);
    enrollment
}

fn full() -> Value {
    enrollment(41, json!({}))
}

fn expired() -> Value {
    enrollment(41, json!({"expired": true, "expiry_date": "2026-02-01T00:00:00.000Z"}))
}

fn trial() -> Value {
    enrollment(41, json!({"is_free_trial": true, "activated_at": null}))
}

fn error(status: u16, text: &str) -> Reply {
    Reply::json(status, json!({"error": text}))
}

fn invalid(errors: Value) -> Reply {
    Reply::json(422, json!({"errors": errors}))
}

fn enroll() -> Job {
    job(App::Thinkific, "enroll_in_course", json!({"course_id": "41", "send_welcome_email": true}))
}

fn unenroll() -> Job {
    job(App::Thinkific, "unenroll_from_course", json!({"course_id": "41"}))
}

fn enroll_in_bundle() -> Job {
    job(App::Thinkific, "enroll_in_bundle", json!({"bundle_id": "90", "send_welcome_email": false}))
}

fn unenroll_from_bundle() -> Job {
    job(App::Thinkific, "unenroll_from_bundle", json!({"bundle_id": "90"}))
}

async fn perform_with(credentials: Value, job: &Job, replies: Vec<Reply>) -> (Outcome, Vec<Received>) {
    let stub = Stub::start(replies).await.unwrap();
    let thinkific = Thinkific::new(&stub.settings()).unwrap();
    let outcome = attempt(&thinkific, job, credentials, 1).await;
    (outcome, stub.received())
}

async fn perform(job: &Job, replies: Vec<Reply>) -> (Outcome, Vec<Received>) {
    perform_with(key(), job, replies).await
}

fn lines(received: &[Received]) -> Vec<String> {
    received.iter().map(|request| request.line().replace("/thinkific/api/public/v1", "")).collect()
}

/// The outcome's kind and its words: `rejected: The course … | Choose …`.
fn told(outcome: &Outcome) -> String {
    let (kind, words, hint) = match outcome {
        Outcome::Done { note } => ("done", note.clone(), None),
        Outcome::AlreadySo { note } => ("already so", note.clone(), None),
        Outcome::RetryLater { reason } => ("retry", Some(reason.message.clone()), reason.hint.clone()),
        Outcome::NotYet { reason } => ("not yet", Some(reason.message.clone()), reason.hint.clone()),
        Outcome::RateLimited { reason, .. } => ("wait", Some(reason.message.clone()), reason.hint.clone()),
        Outcome::ReconnectNeeded { reason } => {
            ("reconnect", Some(reason.message.clone()), reason.hint.clone())
        }
        Outcome::Rejected { reason } => ("rejected", Some(reason.message.clone()), reason.hint.clone()),
    };
    format!("{kind}: {} | {}", words.unwrap_or_default(), hint.unwrap_or_default())
}

#[track_caller]
fn assert_told(outcome: &Outcome, kind: &str, words: &str, case: &str) {
    let told = told(outcome);
    assert!(told.starts_with(&format!("{kind}: ")) && told.contains(words), "{case}: {told}");
}

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
async fn a_token_goes_alone_and_before_a_key() {
    let credentials = json!({"access_token": "5a16505d", "subdomain": "my-school", "api_key": "old"});
    let (outcome, received) = perform_with(credentials, &unenroll(), vec![nobody()]).await;
    assert_told(&outcome, "already so", "no account", "token");
    assert_eq!(received[0].header("authorization"), "Bearer 5a16505d");
    assert_eq!(received[0].header("x-auth-api-key"), "");
    assert_eq!(received[0].header("x-auth-subdomain"), "");
}

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
async fn the_welcome_mail_is_the_rules_choice() {
    let (_, received) = perform(&enroll_in_bundle(), vec![nobody(), Reply::status(500)]).await;
    assert_eq!(received[1].json()["send_welcome_email"], false);
    let manifest = Catalog::built_in().manifest(App::Thinkific).unwrap();
    let settings = serde_json::from_value(json!({"course_id": "41"})).unwrap();
    let checked = manifest.action("enroll_in_course").unwrap().check(&settings).unwrap();
    assert!(checked.flag("send_welcome_email"), "a new student needs a way in");
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

#[tokio::test]
async fn a_bundle_is_enrolled_in_as_a_whole() {
    let bundle = || Reply::json(200, json!({"id": 90, "name": "All", "course_ids": [41, 42]}));
    let (post, put) = ("POST /bundles/90/enrollments", "PUT /bundles/90/enrollments");
    let second = || enrollment(42, json!({}));
    let not_a_course = enrollment(9000, json!({}));
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
            vec!["GET /bundles/90", put],
            "done",
            "had ended",
        ),
        (
            "one course bought by itself, and ended",
            json!([expired()]),
            vec![bundle(), Reply::status(201), Reply::status(204)],
            vec!["GET /bundles/90", post, put],
            "done",
            "had ended",
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
            if request.method == "PUT" && words == "had ended" {
                body["expiry_date"] = json!("2099-12-31T00:00:00Z");
            }
            assert_eq!(request.json(), body, "{case}");
        }
    }
    let made = vec![nobody(), Reply::json(201, user()), Reply::status(201)];
    let (outcome, received) = perform(&enroll_in_bundle(), made).await;
    assert_told(&outcome, "done", "made an account", "somebody new");
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
        (invalid(json!({"first_name": ["can't be blank", "is odd"]})), "rejected", "first_name: is odd"),
    ] {
        let (outcome, received) = perform(&enroll(), vec![nobody(), refusal, nobody()]).await;
        assert_told(&outcome, kind, words, words);
        assert_eq!(lines(&received), [FIND_USER, "POST /users", FIND_USER]);
    }
}

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
        (
            "bundle",
            unenroll_from_bundle(),
            vec![items(json!([full()])), gone()],
            "rejected",
            "another bundle",
        ),
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
        ("no such page", error(404, "Record not found."), "rejected", "does not have what was asked for"),
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
        assert_eq!(received.len(), 1, "{case}");
    }
    let token = json!({"access_token": "5a16505d", "subdomain": "my-school"});
    let (outcome, _) = perform_with(token, &enroll(), vec![error(401, "Authentication Error")]).await;
    assert_told(&outcome, "reconnect", "does not let us into the site", "token");
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
        let Outcome::RateLimited { until, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(until.duration_since(NOW), SignedDuration::from_secs(seconds), "{headers:?}");
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_sent_is_not_sent() {
    let nowhere = Thinkific::new(&HttpSettings::default()).unwrap();
    let with = |action: &str, settings: Value| job(App::Thinkific, action, settings);
    for (job, credentials, kind, words) in [
        (with("enroll_in_course", json!({})), key(), "rejected", "`course_id`"),
        (with("enroll_in_course", json!({"course_id": "Bread"})), key(), "rejected", "`Bread` is no course"),
        (with("unenroll_from_bundle", json!({"bundle_id": "-1"})), key(), "rejected", "`-1` is no course"),
        (with("delete_user", json!({})), key(), "rejected", "no action `delete_user`"),
        (enroll(), json!({"subdomain": "my-school"}), "reconnect", "`api_key`"),
        (enroll(), json!({"api_key": "k"}), "reconnect", "`subdomain`"),
        (enroll(), json!({"api_key": "a\nb", "subdomain": "my-school"}), "reconnect", "cannot be sent"),
    ] {
        let outcome = attempt(&nowhere, &job, credentials, 1).await;
        assert_told(&outcome, kind, words, words);
    }
}

#[tokio::test]
async fn the_connection_test_is_one_call_that_changes_nothing() {
    let token = json!({"access_token": "5a16505d", "subdomain": "my-school"});
    for credentials in [key(), token] {
        let stub = Stub::start([items(json!([]))]).await.unwrap();
        let thinkific = Thinkific::new(&stub.settings()).unwrap();
        let identity = identify(&thinkific, credentials).await.unwrap();
        assert_eq!(identity.account.as_deref(), Some("my-school.thinkific.com"));
        assert_eq!(lines(&stub.received()), ["GET /courses?page=1&limit=1"]);
    }
    let stub = Stub::start([error(401, "Authentication Error")]).await.unwrap();
    let refused = identify(&Thinkific::new(&stub.settings()).unwrap(), key()).await.unwrap_err();
    assert_told(&refused, "reconnect", "of the same site", "refused");
}

#[tokio::test]
async fn option_lists_are_pulled_page_by_page() {
    let pull = async |list: &str, replies: Vec<Reply>| {
        let stub = Stub::start(replies).await.unwrap();
        let pulled = options(&Thinkific::new(&stub.settings()).unwrap(), key(), list).await;
        (pulled, lines(&stub.received()))
    };
    let course = |id: u64, name: &str| json!({"id": id, "name": name, "product_id": id + 1000});
    let pages = vec![page(json!([course(41, "Bread")]), Some(2)), items(json!([course(42, "Käse & Co")]))];
    let (pulled, sent) = pull("courses", pages).await;
    assert_eq!(pulled.unwrap(), [OptionItem::new("41", "Bread"), OptionItem::new("42", "Käse & Co")]);
    assert_eq!(sent, ["GET /courses?page=1&limit=250", "GET /courses?page=2&limit=250"]);

    let product = |id: u64, kind: &str, of: u64| json!({"id": id, "name": kind, "productable_type": kind, "productable_id": of});
    let products = json!([product(1, "Course", 41), product(2, "Bundle", 90), {"id": 3, "name": "Odd"}]);
    let (pulled, sent) = pull("bundles", vec![items(products)]).await;
    assert_eq!(pulled.unwrap(), [OptionItem::new("90", "Bundle")]);
    assert_eq!(sent, ["GET /products?page=1&limit=250"]);

    // Neither a page without an end nor a site without one is read for ever.
    let (pulled, sent) = pull("courses", vec![page(json!([course(41, "Bread")]), Some(1))]).await;
    assert_eq!((pulled.unwrap().len(), sent.len()), (1, 1));
    let many = Value::from_iter((0..=MOST as u64).map(|id| course(id, "Bread")));
    let (pulled, sent) = pull("courses", vec![page(many, Some(2)), page(json!([]), Some(3))]).await;
    assert_eq!((pulled.unwrap().len(), sent.len()), (MOST + 1, 1));

    let (refused, _) = pull("courses", vec![Reply::status(521)]).await;
    assert_told(&refused.unwrap_err(), "retry", "521", "fault");
    let (refused, sent) = pull("tags", vec![]).await;
    assert_told(&refused.unwrap_err(), "rejected", "no option list `tags`", "unknown");
    assert!(sent.is_empty());
}

#[tokio::test]
async fn the_manifest_is_kept() {
    let manifest = Catalog::built_in().manifest(App::Thinkific).unwrap();
    for action in &manifest.actions {
        let settings = json!({"course_id": "41", "bundle_id": "90"});
        let (outcome, received) = perform(&job(App::Thinkific, &action.key, settings), vec![]).await;
        assert!(!received.is_empty(), "{}: {outcome:?}", action.key);
    }
    for list in &manifest.option_lists {
        let stub = Stub::start([nobody()]).await.unwrap();
        assert!(options(&Thinkific::new(&stub.settings()).unwrap(), key(), &list.key).await.is_ok());
    }
    // Neither has bought anything.
    for trigger in [Trigger::ProspectCreated, Trigger::CheckoutFailed] {
        assert!(!manifest.triggers.contains(&trigger), "{trigger}");
    }
}
