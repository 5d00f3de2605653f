//! The actions one after the other, against a stand-in that remembers.
#![expect(clippy::unwrap_used, reason = "in a test")]

use connector::http::HttpSettings;
use connector::testing::{attempt, identify, job, options};
use domain::app::App;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};
use sandbox::{Sandbox, Standing};
use serde_json::{Value, json};
use thinkific::Thinkific;

const COURSE: &str = "2101";
const BUNDLE: &str = "3101";

struct Account {
    sandbox: Sandbox,
    thinkific: Thinkific,
}

fn key() -> Value {
    json!({"api_key": "0123456789abcdef", "subdomain": "my-school"})
}

impl Account {
    async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let thinkific = Thinkific::new(&HttpSettings::with_sandbox(&sandbox.url()).unwrap()).unwrap();
        Self { sandbox, thinkific }
    }

    fn seed(&self, seed: Value) {
        self.sandbox.seed("thinkific", seed).unwrap();
    }

    async fn perform(&self, action: &str) -> Outcome {
        let settings = json!({"course_id": COURSE, "bundle_id": BUNDLE, "send_welcome_email": true});
        let mut job = job(App::Thinkific, action, settings);
        "Ada+Shop@Example.com".clone_into(&mut job.contact.email);
        job.contact.last_name = None;
        attempt(&self.thinkific, &job, key(), 1).await
    }

    /// Ada as the site knows her.
    fn ada(&self) -> Value {
        self.sandbox.state("thinkific").unwrap()["users"][0].clone()
    }

    /// What Ada's enrollments are: course, whether it is full and open, writes.
    fn enrollments(&self) -> Vec<(u64, bool, Value)> {
        let ada = self.ada();
        let shown = |one: &Value| {
            let open = one["expired"] == false && one["is_free_trial"] == false;
            (one["course_id"].as_u64().unwrap(), open, one["counts"].clone())
        };
        ada["enrollments"].as_array().unwrap().iter().map(shown).collect()
    }
}

fn note(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Done { note } | Outcome::AlreadySo { note } => note.as_deref().unwrap_or_default(),
        Outcome::Failed(setback) => panic!("{setback:?}"),
    }
}

#[tokio::test]
async fn a_buyer_comes_goes_and_comes_back() {
    let account = Account::new().await;
    assert!(note(&account.perform("unenroll_from_course").await).contains("no account"));
    assert!(note(&account.perform("enroll_in_course").await).contains("created an account"));
    assert!(matches!(account.perform("enroll_in_course").await, Outcome::AlreadySo { .. }));
    assert_eq!(account.enrollments(), [(2101, true, json!({"enrolled": 1}))]);
    let ada = account.ada();
    assert_eq!((&ada["first_name"], &ada["last_name"]), (&json!("Ada"), &json!("-")));
    assert_eq!(ada["counts"], json!({"created": 1, "welcomed": 1}));

    assert!(note(&account.perform("unenroll_from_course").await).contains("also where a bundle"));
    assert!(note(&account.perform("unenroll_from_course").await).contains("has ended"));
    assert_eq!(account.enrollments(), [(2101, false, json!({"enrolled": 1, "updated": 1}))]);

    assert!(note(&account.perform("enroll_in_course").await).contains("had ended"));
    assert!(matches!(account.perform("enroll_in_course").await, Outcome::AlreadySo { .. }));
    assert_eq!(account.enrollments(), [(2101, true, json!({"enrolled": 1, "updated": 2}))]);
    assert!(note(&account.perform("unenroll_from_course").await).contains("also where a bundle"));
}

#[tokio::test]
async fn a_bundle_is_all_of_its_courses() {
    let account = Account::new().await;
    account.perform("enroll_in_course").await;
    assert_eq!(account.perform("enroll_in_bundle").await, Outcome::DONE);
    assert!(matches!(account.perform("enroll_in_bundle").await, Outcome::AlreadySo { .. }));
    let once = json!({"enrolled": 1});
    assert_eq!(account.enrollments(), [(2101, true, once.clone()), (2102, true, once)]);

    assert_eq!(account.perform("unenroll_from_bundle").await, Outcome::DONE);
    assert!(matches!(account.perform("unenroll_from_bundle").await, Outcome::AlreadySo { .. }));
    let twice = json!({"enrolled": 1, "updated": 1});
    assert_eq!(account.enrollments(), [(2101, false, twice.clone()), (2102, false, twice)]);

    assert!(note(&account.perform("enroll_in_bundle").await).contains("had ended"));
    assert!(account.enrollments().iter().all(|(_, open, _)| *open));
}

#[tokio::test]
async fn a_trial_becomes_a_full_enrollment() {
    let account = Account::new().await;
    let trial = json!({"course_id": 2101, "expiry_date": "2090-01-01T00:00:00Z"});
    account.seed(json!({"users": [{"email": "ada+shop@example.com", "enrollments": [trial]}]}));
    assert!(note(&account.perform("enroll_in_course").await).contains("free trial"));
    assert_eq!(account.enrollments(), [(2101, true, json!({"updated": 1}))]);
    assert_eq!(account.ada()["enrollments"][0]["expiry_date"], "2099-12-31T00:00:00Z");
}

#[tokio::test]
async fn a_purchase_before_the_end_of_an_earlier_one_takes_the_end_away() {
    for action in ["enroll_in_course", "enroll_in_bundle"] {
        let account = Account::new().await;
        let ends = |course: u64| {
            let (from, to) = ("2026-01-01T00:00:00Z", "2090-01-01T00:00:00Z");
            json!({"course_id": course, "activated_at": from, "expiry_date": to})
        };
        let ada = json!({"email": "ada+shop@example.com", "enrollments": [ends(2101), ends(2102)]});
        account.seed(json!({"users": [ada]}));
        assert!(note(&account.perform(action).await).contains("would have ended on 2090"));
        let first = account.ada()["enrollments"][0].clone();
        assert_eq!(first["expiry_date"], "2099-12-31T00:00:00Z", "{action}");
        assert_eq!(first["activated_at"], "2026-01-01T00:00:00Z", "{action}");
        assert!(matches!(account.perform(action).await, Outcome::AlreadySo { .. }), "{action}");
    }
}

#[tokio::test]
async fn an_account_made_by_another_rule_meanwhile_is_used() {
    let account = Account::new().await;
    account.seed(json!({"users": [{"email": "ada+shop@example.com", "unseen_searches": 1}]}));
    assert_eq!(account.perform("enroll_in_course").await, Outcome::DONE);
    account.seed(json!({"users": [{"email": "ada+shop@example.com", "unseen_searches": 2}]}));
    assert!(matches!(
        account.perform("enroll_in_course").await,
        Outcome::Failed(Setback::PreconditionMissing { .. })
    ));
    assert_eq!(account.perform("enroll_in_course").await, Outcome::DONE);
}

#[tokio::test]
async fn fields_that_the_site_requires_cost_no_buyer() {
    let account = Account::new().await;
    account.seed(json!({"required_profile_fields": true}));
    assert!(matches!(account.perform("enroll_in_course").await, Outcome::Done { .. }));
}

#[tokio::test]
async fn the_connection_is_tested_and_the_lists_are_whole() {
    let account = Account::new().await;
    assert!(identify(&account.thinkific, key()).await.is_ok());
    let token = json!({"access_token": "5a16505d", "subdomain": "my-school"});
    assert!(identify(&account.thinkific, token).await.is_ok());
    let courses: Vec<_> =
        (1..=600).map(|n| json!({"id": 100_000 + n, "name": format!("Course {n}")})).collect();
    account.seed(json!({"courses": courses}));
    assert_eq!(options(&account.thinkific, key(), "courses").await.unwrap().len(), 603);
    let bundles = options(&account.thinkific, key(), "bundles").await.unwrap();
    assert_eq!(bundles, [OptionItem::new(BUNDLE, "Everything Bread")]);

    account.seed(json!({"plan_without_apps": true}));
    let Setback::ReconnectNeeded { reason } = identify(&account.thinkific, key()).await.unwrap_err() else {
        panic!("the plan has no apps");
    };
    assert!(reason.message.contains("plan"), "{reason:?}");
    account.sandbox.token("thinkific", "0123456789abcdef", Standing::Revoked).unwrap();
    assert!(matches!(
        account.perform("enroll_in_course").await,
        Outcome::Failed(Setback::ReconnectNeeded { .. })
    ));
}
