//! The requests of each action in both generations of Kit's API, and the outcome of each of Kit's responses.
//!
//! Expectations follow Kit's OpenAPI document for V4, <https://developers.kit.com/api-reference/v4.json>, and for V3
//! the pages below <https://developers.kit.com/api-reference/v3/overview>.
#![expect(clippy::unwrap_used, reason = "in a test")]

mod account;
mod answers;
mod purchases;
mod sold;
mod tags;

use connector::testing::{Received, Reply, Wire, job};
use domain::app::App;
use domain::job::Job;
use domain::outcome::Outcome;
use kit::Kit;
use serde_json::{Value, json};

/// V3's search for the contact, first among subscribers who receive e-mail, then among the unsubscribed.
const FIND: &str = "GET /v3/subscribers?api_secret=v3-secret&email_address=ada%40example.com";
const FIND_CANCELLED: &str =
    "GET /v3/subscribers?api_secret=v3-secret&email_address=ada%40example.com&sort_field=cancelled_at";

fn secret() -> Value {
    json!({"api_secret": "v3-secret"})
}

fn token() -> Value {
    json!({"access_token": "oauth-token"})
}

fn key() -> Value {
    json!({"api_key": "kit_key"})
}

fn wire(credentials: Value) -> Wire<Kit> {
    Wire::new(Kit::new, credentials, "/kit")
}

async fn perform(credentials: Value, job: &Job, replies: Vec<Reply>) -> (Outcome, Vec<Received>) {
    wire(credentials).perform(job, replies).await
}

/// The same job for a contact without a name.
fn nameless(mut job: Job) -> Job {
    job.contact.first_name = None;
    job
}

fn add(tag: &str) -> Job {
    job(App::KIT, "add_tag", json!({ "tag": tag }))
}

/// The same job with a typed tag.
fn typed(job: Job) -> Job {
    Job { typed: ["tag".to_owned()].into(), ..job }
}

fn remove(tag: &str) -> Job {
    job(App::KIT, "remove_tag", json!({ "tag": tag }))
}

// Responses of V3.

fn subscription() -> Reply {
    let subscriber = json!({"id": 1});
    Reply::json(
        200,
        json!({"subscription": {"id": 3, "state": "inactive", "subscribable_id": 7, "subscribable_type": "tag", "subscriber": subscriber}}),
    )
}

fn tag(id: u64, name: &str) -> Value {
    json!({"id": id, "name": name, "created_at": "2016-02-28T08:07:00Z"})
}

fn tags(tags: &[Value]) -> Reply {
    Reply::json(200, json!({ "tags": tags }))
}

fn subscribers(addresses: &[&str]) -> Reply {
    let entry = |email: &&str| json!({"id": 1, "first_name": "Augusta", "email_address": email});
    let subscribers: Vec<Value> = addresses.iter().map(entry).collect();
    let body = json!({"total_subscribers": subscribers.len(), "page": 1, "total_pages": 1, "subscribers": subscribers});
    Reply::json(200, body)
}

fn v3_error(status: u16, error: &str, message: &str) -> Reply {
    Reply::json(status, json!({"error": error, "message": message}))
}

fn v3_unauthorized() -> Reply {
    v3_error(401, "Authorization Failed", "API Key not present")
}

// Responses of V4.

fn subscriber(status: u16, state: &str) -> Reply {
    Reply::json(status, json!({"subscriber": {"id": 1, "email_address": "ada@example.com", "state": state}}))
}

fn page(list: &str, entries: &[Value], next: Option<&str>) -> Reply {
    let pagination = json!({
        "has_previous_page": false, "has_next_page": next.is_some(), "start_cursor": "WzEwXQ==",
        "end_cursor": next.unwrap_or("WzEwXQ=="), "per_page": 1000,
    });
    Reply::json(200, json!({ list: entries, "pagination": pagination }))
}

fn v4_error(status: u16, words: &str) -> Reply {
    Reply::json(status, json!({"errors": [words]}))
}

fn v4_not_found() -> Reply {
    v4_error(404, "Not Found")
}
