//! Sequences of actions against the stand-in, which keeps state.

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Account, Pair, assert_told, previewed_lines, previews};
use declared::Declared;
use domain::options::OptionItem;
use domain::outcome::Outcome;
use sandbox::Standing;
use serde_json::{Value, json};

const BUNDLE: &str = "3101";

fn thinkific(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    crate::app::app("thinkific", settings)
}

fn key() -> Value {
    json!({"api_key": "0123456789abcdef", "subdomain": "my-school"})
}

async fn account(seed: Value) -> Account<Declared> {
    let account = Account::new(thinkific, key()).await;
    account.seed(seed);
    account
}

fn settings() -> Value {
    json!({"course_id": "2101", "bundle_id": BUNDLE, "send_welcome_email": true})
}

/// Performs an action for Ada, whose last name is unknown.
async fn perform(account: &Account<Declared>, action: &str) -> Outcome {
    let mut job = account.job(action, settings());
    job.contact.last_name = None;
    account.run(&job).await
}

/// Ada's enrollments: the course, and whether the enrollment is full and open.
fn courses(state: &Value) -> Value {
    let enrollments = state["users"][0]["enrollments"].as_array().into_iter().flatten();
    let shown = |one: &Value| {
        let open = one["expired"] == false && one["is_free_trial"] == false;
        json!([one["course_id"], open])
    };
    enrollments.map(shown).collect()
}

#[tokio::test]
async fn what_is_given_can_be_taken_back_and_given_again() {
    for (on, off, open, calls) in [
        (
            "enroll_in_course",
            "unenroll_from_course",
            json!([[2101, true]]),
            json!({"enrolled": 1, "updated": 6}),
        ),
        (
            "enroll_in_bundle",
            "unenroll_from_bundle",
            json!([[2101, true], [2102, true]]),
            json!({"enrolled": 1, "updated": 6}),
        ),
    ] {
        let account = account(json!({})).await;
        assert_told(&perform(&account, on).await, "done", "created an account", on);
        let ada = &account.state()["users"][0];
        assert_eq!((&ada["first_name"], &ada["last_name"]), (&json!("Ada"), &json!("-")));
        assert_eq!(ada["counts"], json!({"created": 1, "welcomed": 1}));
        assert_eq!(courses(&account.state()), open);
        account.comes_and_goes(&Pair { on, off, settings: settings() }, courses).await;
        assert_told(&perform(&account, on).await, "done", "had ended", on);
        for enrollment in account.state()["users"][0]["enrollments"].as_array().unwrap() {
            assert_eq!(enrollment["counts"], calls, "each is written only when its terms differ");
        }
        assert_eq!(courses(&account.state()), open);
    }
}

#[tokio::test]
async fn a_bundle_is_all_of_its_courses_and_those_that_are_open_are_left_alone() {
    let account = account(json!({})).await;
    perform(&account, "enroll_in_course").await;
    assert_eq!(perform(&account, "enroll_in_bundle").await, Outcome::DONE);
    let enrollment = |index: usize| account.state()["users"][0]["enrollments"][index].clone();
    assert_eq!(
        (&enrollment(0)["counts"], &enrollment(1)["counts"]),
        (&json!({"enrolled": 1}), &json!({"enrolled": 1}))
    );
    perform(&account, "unenroll_from_course").await;
    let open = enrollment(1);
    assert_told(&perform(&account, "enroll_in_bundle").await, "done", "had ended", "one of it");
    assert_eq!(courses(&account.state()), json!([[2101, true], [2102, true]]));
    assert_eq!(enrollment(1), open);
}

#[tokio::test]
async fn what_gives_less_than_full_access_for_good_is_made_to() {
    let (from, to) = ("2026-01-01T00:00:00Z", "2090-01-01T00:00:00Z");
    for (action, from, words) in [
        ("enroll_in_course", None, "free trial"),
        ("enroll_in_course", Some(from), "would have ended on 2090"),
        ("enroll_in_bundle", Some(from), "would have ended on 2090"),
    ] {
        let ends = |course: u64| json!({"course_id": course, "activated_at": from, "expiry_date": to});
        let ada = json!({"email": "ada+shop@example.com", "enrollments": [ends(2101), ends(2102)]});
        let account = account(json!({"users": [ada]})).await;
        assert_told(&perform(&account, action).await, "done", words, action);
        let first = &account.state()["users"][0]["enrollments"][0];
        assert_eq!(first["expiry_date"], "2099-12-31T00:00:00Z", "{action}");
        assert!(from.is_none_or(|from| first["activated_at"] == from), "{first}");
        assert_told(&perform(&account, action).await, "already so", "full access", action);
    }
}

#[tokio::test]
async fn an_account_made_by_another_rule_meanwhile_is_used() {
    let unseen =
        |searches: u32| json!({"users": [{"email": "ada+shop@example.com", "unseen_searches": searches}]});
    let account = account(unseen(1)).await;
    assert_eq!(perform(&account, "enroll_in_course").await, Outcome::DONE);
    account.seed(unseen(2));
    assert_told(&perform(&account, "enroll_in_course").await, "not yet", "already been taken", "unseen");
    assert_eq!(perform(&account, "enroll_in_course").await, Outcome::DONE);
}

#[tokio::test]
async fn fields_that_the_site_requires_cost_no_buyer() {
    let account = account(json!({"required_profile_fields": true})).await;
    assert_told(&perform(&account, "enroll_in_course").await, "done", "", "required fields");
}

#[tokio::test]
async fn the_connection_is_tested_and_the_lists_are_whole() {
    let courses: Vec<_> =
        (1..=600).map(|n| json!({"id": 100_000 + n, "name": format!("Course {n}")})).collect();
    let account = account(json!({"courses": courses})).await;
    let token = json!({"access_token": "5a16505d", "subdomain": "my-school"});
    assert!(account.identify_as(token).await.is_ok());
    account.lists(&[("courses", 603)]).await;
    assert_eq!(account.options("bundles").await, Ok(vec![OptionItem::new(BUNDLE, "Everything Bread")]));
    account.seed(json!({"plan_without_apps": true}));
    assert_told(&account.identify_as(key()).await.unwrap_err(), "reconnect", "plan", "no apps");
    account.token("0123456789abcdef", Standing::Revoked);
    assert_told(&account.identify_as(key()).await.unwrap_err(), "reconnect", "subdomain", "revoked");
}

#[tokio::test]
async fn a_preview_shows_the_requests_and_hides_the_key() {
    let key = json!({"api_key": "s3cret-s3cret", "subdomain": "my-school"});
    let previews = previews(thinkific, "api_key", key, &["s3cret"]).await;
    for (action, preview) in &previews {
        assert!(!preview.requests.is_empty(), "{action}: {preview:?}");
        let lines = previewed_lines(preview);
        assert!(lines[0].starts_with("GET /thinkific/api/public/v1/users?"), "{action}: {lines:?}");
    }
}
