//! The requests of each action, and the outcome of each of Thinkific's responses. Paths, fields, types and statuses
//! follow the vendor's OpenAPI file "Thinkific Admin API" v1; the texts of errors are from its examples and from the
//! pages that its definition names.

mod account;
mod answers;
mod bundles;
mod courses;
mod people;

use connector::http::{HttpSettings, HttpSetupError};
use connector::testing::{Received, Reply, Wire, job};
use declared::Declared;
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use serde_json::{Value, json};

fn thinkific(settings: &HttpSettings) -> Result<Declared, HttpSetupError> {
    super::app::app("thinkific", settings)
}

const FIND_USER: &str = "GET /users?query%5Bemail%5D=ada%40example.com&limit=250";
const FIND_ENROLLMENT: &str = "GET /enrollments?query%5Buser_id%5D=7&query%5Bcourse_id%5D=41&limit=250";
const FIND_IN_BUNDLE: &str = "GET /bundles/90/enrollments?query%5Buser_id%5D=7&limit=250";

fn key() -> Value {
    json!({"api_key": "0123456789abcdef", "subdomain": "my-school"})
}

fn items(items: Value) -> Reply {
    page(items, None)
}

#[expect(clippy::needless_pass_by_value, reason = "callers write json!(…)")]
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
    enrollment.as_object_mut().expect("an object").extend(more);
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

#[expect(clippy::needless_pass_by_value, reason = "callers write json!(…)")]
fn invalid(errors: Value) -> Reply {
    Reply::json(422, json!({"errors": errors}))
}

fn enroll() -> Job {
    job(App::THINKIFIC, "enroll_in_course", json!({"course_id": "41", "send_welcome_email": true}))
}

fn unenroll() -> Job {
    job(App::THINKIFIC, "unenroll_from_course", json!({"course_id": "41"}))
}

fn enroll_in_bundle() -> Job {
    job(App::THINKIFIC, "enroll_in_bundle", json!({"bundle_id": "90", "send_welcome_email": false}))
}

fn unenroll_from_bundle() -> Job {
    job(App::THINKIFIC, "unenroll_from_bundle", json!({"bundle_id": "90"}))
}

fn wire(credentials: Value) -> Wire<Declared> {
    Wire::new(thinkific, credentials, "/thinkific/api/public/v1")
}

async fn perform(job: &Job, replies: Vec<Reply>) -> (Outcome, Vec<Received>) {
    wire(key()).perform(job, replies).await
}
