//! V3: <https://developers.kit.com/api-reference/v3/overview>.
use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::ID;
use super::account::{API_KEY, Account, State, Subscriber};
use super::written::{Invalid, Wants, fields, is_address, purchase, text};
use crate::exchange::{Reply, Request};
use crate::tokens::{Standing, Tokens};

/// Only the secret, the buyer, the transaction and the products are required.
const WANTS: Wants =
    Wants { amounts: &[], texts: &["transaction_id", "email_address", "currency"], whole_shipping: false };

/// The kind of credential of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grade {
    Key,
    Secret,
}

pub(super) fn answer(account: &mut Account, request: &Request, tokens: &Tokens, path: &[&str]) -> Reply {
    let body = fields(request);
    let Some(grade) = grade(request, tokens, &body) else { return unauthorized() };
    // An API key allows only the calls that a visitor's browser may make.
    let needs_secret = matches!(path, ["account" | "purchases" | "subscribers"] | ["tags", _, "unsubscribe"]);
    if needs_secret && grade == Grade::Key {
        return unauthorized();
    }
    match (request.method.as_str(), path) {
        ("GET", ["account"]) => show_account(),
        ("GET", ["tags"]) => ok(&json!({ "tags": list(account, &account.tags) })),
        ("GET", ["forms"]) => ok(&json!({ "forms": list(account, &account.forms) })),
        ("GET", ["subscribers"]) => subscribers(account, request),
        ("GET", ["subscribers", subscriber, "tags"]) => tags_of(account, subscriber),
        ("POST", ["tags"]) => create_tag(account, &body),
        ("POST", ["tags", tag, "subscribe"]) => subscribe(account, request, &body, tag),
        ("POST", ["tags", tag, "unsubscribe"]) => unsubscribe(account, request, &body, tag),
        ("POST", ["purchases"]) => record(account, request, &body),
        _ => not_found(),
    }
}

/// The credential is in the query of a GET or DELETE, and in the body of a POST or PUT.
fn grade(request: &Request, tokens: &Tokens, body: &Map<String, Value>) -> Option<Grade> {
    let given = |name: &str| match request.method.as_str() {
        "GET" | "DELETE" => request.query(name).map(Cow::into_owned),
        _ => text(body, name).map(str::to_owned),
    };
    let (token, grade, well_formed) = match (given("api_secret"), given("api_key")) {
        (Some(secret), _) => {
            let well_formed = !secret.trim().is_empty() && !secret.starts_with("kit_") && secret != API_KEY;
            (secret, Grade::Secret, well_formed)
        }
        (None, Some(key)) => {
            let well_formed = key == API_KEY;
            (key, Grade::Key, well_formed)
        }
        (None, None) => return None,
    };
    match tokens.standing(ID, &token) {
        Some(Standing::Valid) => Some(grade),
        Some(Standing::Revoked | Standing::Expired) => None,
        None => well_formed.then_some(grade),
    }
}

fn show_account() -> Reply {
    ok(&json!({ "name": "Sandbox", "primary_email_address": "owner@sandbox.example" }))
}

fn list(account: &Account, names: &BTreeMap<u64, String>) -> Vec<Value> {
    names.iter().map(|(id, name)| entry(account, *id, name)).collect()
}

fn entry(account: &Account, id: u64, name: &str) -> Value {
    json!({ "id": id, "name": name, "created_at": account.created.to_string() })
}

/// The subscribers who receive e-mail or may still confirm; with the sort by unsubscription, the unsubscribed ones.
/// Filtered by the whole address, ignoring letter case.
fn subscribers(account: &Account, request: &Request) -> Reply {
    let cancelled = request.query("sort_field").as_deref() == Some("cancelled_at");
    let email = request.query("email_address").map(|email| email.to_lowercase());
    let wanted = |(key, subscriber): &(&String, &Subscriber)| {
        (subscriber.state == State::Cancelled) == cancelled
            && email.as_ref().is_none_or(|email| email == *key)
    };
    let shown = |(_, subscriber): (&String, &Subscriber)| {
        json!({
            "id": subscriber.id, "first_name": subscriber.first_name, "email_address": subscriber.email,
            "state": subscriber.state, "created_at": subscriber.created.to_string(), "fields": {},
        })
    };
    let shown: Vec<Value> = account.subscribers.iter().filter(wanted).map(shown).collect();
    let page: Vec<&Value> = shown.iter().take(50).collect();
    ok(&json!({ "total_subscribers": shown.len(), "page": 1, "total_pages": 1, "subscribers": page }))
}

fn tags_of(account: &Account, segment: &str) -> Reply {
    let mut all = account.subscribers.values();
    let Some(subscriber) = all.find(|subscriber| subscriber.id.to_string() == segment) else {
        return not_found();
    };
    let tags = account.tags.iter().filter(|(id, _)| subscriber.tags.contains_key(id));
    let tags: Vec<Value> = tags.map(|(id, name)| entry(account, *id, name)).collect();
    ok(&json!({ "tags": tags }))
}

fn create_tag(account: &mut Account, body: &Map<String, Value>) -> Reply {
    let name = body.get("tag").and_then(|tag| tag["name"].as_str()).filter(|name| !name.trim().is_empty());
    let Some(name) = name else { return missing("name can't be blank") };
    if account.tag_named(name).is_some() {
        return invalid("Tag name has already been taken");
    }
    let id = account.ensure_tag(name);
    Reply::json(StatusCode::CREATED, &entry(account, id, name))
}

/// The tag in a path.
fn tag(account: &Account, segment: &str) -> Option<u64> {
    segment.parse().ok().filter(|tag| account.tags.contains_key(tag))
}

fn subscribe(account: &mut Account, request: &Request, body: &Map<String, Value>, segment: &str) -> Reply {
    let Some(tag) = tag(account, segment) else { return not_found() };
    let Some(email) = text(body, "email") else { return missing("email can't be blank") };
    if !is_address(email) {
        return invalid("Email address is invalid");
    }
    if body.get("first_name").is_some_and(|name| !name.is_string() && !name.is_null()) {
        return invalid("First name is invalid");
    }
    if !account.has_room(email) {
        let message = "The account has reached its subscriber limit";
        return problem(StatusCode::FORBIDDEN, "Subscriber limit exceeded", message);
    }
    let (_, subscriber) = account.upsert(request, email, text(body, "first_name"));
    subscriber.tag(request, tag);
    ok(&json!({ "subscription": {
        "id": subscriber.id * 1000 + tag,
        "state": "active",
        "created_at": request.at.to_string(),
        "source": null,
        "referrer": null,
        "subscribable_id": tag,
        "subscribable_type": "tag",
        "subscriber": { "id": subscriber.id },
    } }))
}

fn unsubscribe(account: &mut Account, request: &Request, body: &Map<String, Value>, segment: &str) -> Reply {
    let Some(tag) = tag(account, segment) else { return not_found() };
    let Some(email) = text(body, "email") else { return missing("email can't be blank") };
    let Some(subscriber) = account.subscriber(email) else { return not_found() };
    subscriber.untag(request, tag);
    ok(&entry(account, tag, &account.tags[&tag]))
}

fn record(account: &mut Account, request: &Request, body: &Map<String, Value>) -> Reply {
    let none = Map::new();
    let given = body.get("purchase").and_then(Value::as_object).unwrap_or(&none);
    match purchase(given, &WANTS) {
        Ok(bought) => {
            let purchase = account.record(request, bought);
            let mut shown = purchase.bought.fields.clone();
            shown.insert("id".to_owned(), purchase.id.into());
            Reply::json(StatusCode::CREATED, &Value::Object(shown))
        }
        Err(misfits) => {
            let say = |misfit: &Invalid| match misfit {
                Invalid::Blank(name, Some(product)) => {
                    format!("{} can't be blank for product: {product}", title(name))
                }
                Invalid::Blank(name, None) => format!("{name} can't be blank"),
                Invalid::Wrong(name) => format!("{name} is invalid"),
            };
            let message = misfits.iter().map(say).collect::<Vec<_>>().join(", ");
            if misfits.iter().any(|misfit| matches!(misfit, Invalid::Blank(..))) {
                missing(&message)
            } else {
                invalid(&message)
            }
        }
    }
}

fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

fn ok(body: &Value) -> Reply {
    Reply::json(StatusCode::OK, body)
}

fn problem(status: StatusCode, error: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": error, "message": message }))
}

fn unauthorized() -> Reply {
    problem(StatusCode::UNAUTHORIZED, "Authorization Failed", "API Key not present")
}

fn missing(message: &str) -> Reply {
    problem(StatusCode::BAD_REQUEST, "Your request is missing parameters", message)
}

fn invalid(message: &str) -> Reply {
    problem(StatusCode::UNPROCESSABLE_ENTITY, "Unprocessable Entity", message)
}

fn not_found() -> Reply {
    problem(StatusCode::NOT_FOUND, "Not Found", "The entity you were trying to find doesn't exist")
}
