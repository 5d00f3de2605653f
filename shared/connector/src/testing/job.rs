//! Jobs as the planner makes them; the parts that no connector reads have defaults.

use domain::app::App;
use domain::integration::Integration;
use domain::job::Job;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::call::{Access, Call, Connector, Grant, GrantedValues, Identity};
use crate::credentials::Credentials;
use crate::http::read_only;

/// The time of every attempt: 2026-11-21T10:00:00Z.
pub const NOW: Timestamp = Timestamp::constant(1_795_255_200, 0);

/// A job of Ada's purchase a minute ago. `settings` is a JSON object.
///
/// # Panics
/// `settings` is not an object.
#[expect(clippy::expect_used, reason = "constants, in tests")]
#[expect(clippy::needless_pass_by_value, reason = "callers write json!(…)")]
pub fn job(app: App, action: &str, settings: Value) -> Job {
    // Parsed as from a queue, so that a new field with a default breaks no connector's tests.
    let job = json!({
        "v": "1",
        "id": format!("job_{}", "0".repeat(58)),
        "marketplace": "shop-1",
        "integration": "int_1",
        "app": app,
        "rule": "rul_1",
        "trigger": "product_purchased",
        "action": action,
        "settings": settings,
        "contact": {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"},
        "effect": {"key": "0".repeat(24), "intent": "on"},
        "occurred_at": "2026-11-21T09:59:00Z",
        "ordered_at": "2026-11-21T09:59:00Z",
    });
    serde_json::from_value(job).expect("a job")
}

/// A connected account, whose jobs [`job`] makes. Its credentials cannot be decrypted.
///
/// # Panics
/// Never.
#[expect(clippy::expect_used, reason = "constants, in tests")]
pub fn account(app: App, method: &str) -> Integration {
    let account = json!({
        "id": "int_1", "marketplace": "shop-1", "app": app, "label": "Main", "method": method, "credentials": "0",
        "connection": { "state": "connected" }, "created_at": NOW, "updated_at": NOW,
    });
    serde_json::from_value(account).expect("an account")
}

/// Performs a job as the worker would, with these credentials: a JSON object of strings.
///
/// # Panics
/// `credentials` is not an object of strings.
pub async fn attempt(connector: &impl Connector, job: &Job, credentials: Value, attempt: u32) -> Outcome {
    connector.perform(&Call { job, credentials: &open(&credentials), attempt, now: NOW }).await
}

/// Asks the app whether it is in the state that the job's action sets, as a request of the engine does.
///
/// # Panics
/// `credentials` is not an object of strings.
///
/// # Errors
/// The app cannot be asked for now, or refuses the question.
pub async fn is_as_set(
    connector: &impl Connector,
    job: &Job,
    credentials: Value,
) -> Result<Option<bool>, Setback> {
    let call = Call { job, credentials: &open(&credentials), attempt: 1, now: NOW };
    read_only(connector.is_as_set(&call)).await
}

/// Tests the connection with these credentials.
///
/// # Panics
/// `credentials` is not an object of strings, or the response mentions a rule, which no merchant has while connecting.
pub async fn identify(connector: &impl Connector, credentials: Value) -> Result<Identity, Setback> {
    let identity = connector.identify(&Access { credentials: &open(&credentials), now: NOW }).await;
    assert!(!format!("{identity:?}").contains(" rule"), "{identity:?}");
    identity
}

/// Reads an option list with these credentials.
///
/// # Panics
/// `credentials` is not an object of strings.
pub async fn options(
    connector: &impl Connector,
    credentials: Value,
    list: &str,
) -> Result<Vec<OptionItem>, Setback> {
    connector.options(&Access { credentials: &open(&credentials), now: NOW }, list).await
}

/// Passes an OAuth grant to the connector: the credentials with their `access_token`, and the other fields of the token
/// endpoint's response.
///
/// # Panics
/// `credentials` is not an object of strings.
pub async fn granted(
    connector: &impl Connector,
    credentials: Value,
    answer: Map<String, Value>,
) -> Result<GrantedValues, Setback> {
    let credentials = open(&credentials);
    connector
        .granted(&Grant { access: Access { credentials: &credentials, now: NOW }, answer: &answer })
        .await
}

#[expect(clippy::expect_used, reason = "constants, in tests")]
fn open(credentials: &Value) -> Credentials {
    Credentials::parse(credentials.to_string().as_bytes()).expect("an object of strings")
}
