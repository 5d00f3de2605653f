//! V4: <https://developers.kit.com/api-reference/overview>.
use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::ID;
use super::account::{Account, Subscriber};
use super::written::{Invalid, Wants, fields, is_address, purchase, text};
use crate::exchange::{Reply, Request};
use crate::tokens::{Standing, Tokens};

/// All fields are required.
const WANTS: Wants = Wants {
    amounts: &["subtotal", "tax", "shipping", "discount", "total"],
    texts: &["transaction_id", "email_address", "currency", "transaction_time", "status"],
    whole_shipping: true,
};

/// The kind of credential of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grade {
    Key,
    Token,
}

pub(super) fn answer(account: &mut Account, request: &Request, tokens: &Tokens, path: &[&str]) -> Reply {
    let grade = match grade(request, tokens) {
        Ok(grade) => grade,
        Err(words) => return errors(StatusCode::UNAUTHORIZED, &[words]),
    };
    let body = fields(request);
    match (request.method.as_str(), path) {
        ("GET", ["account"]) => show_account(account),
        ("GET", ["tags"]) => page(account, request, "tags", &account.tags),
        ("GET", ["forms"]) => page(account, request, "forms", &account.forms),
        ("GET", ["subscribers"]) => subscribers(account, request),
        ("GET", ["subscribers", subscriber, "tags"]) => tags_of(account, request, subscriber),
        ("POST", ["tags"]) => create_tag(account, &body),
        ("POST", ["subscribers"]) => create_subscriber(account, request, &body),
        ("POST", ["tags", tag, "subscribers"]) => switch(account, request, &body, tag, true),
        ("DELETE", ["tags", tag, "subscribers"]) => switch(account, request, &body, tag, false),
        // With OAuth only.
        ("POST", ["purchases"]) if grade == Grade::Key => errors(StatusCode::UNAUTHORIZED, &[INVALID]),
        ("POST", ["purchases"]) => record(account, request, &body),
        _ => not_found(),
    }
}

const INVALID: &str = "The access token is invalid";

fn grade(request: &Request, tokens: &Tokens) -> Result<Grade, &'static str> {
    let bearer = request.header(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let (token, grade, well_formed) = match (bearer, request.header("x-kit-api-key")) {
        (Some(token), _) => {
            (token.trim(), Grade::Token, !token.trim().is_empty() && !token.starts_with("kit_"))
        }
        (None, Some(key)) => (key.trim(), Grade::Key, key.starts_with("kit_")),
        (None, None) => return Err(INVALID),
    };
    match tokens.standing(ID, token) {
        Some(Standing::Valid) => Ok(grade),
        Some(Standing::Expired) if grade == Grade::Token => Err("The access token expired"),
        None if well_formed => Ok(grade),
        Some(Standing::Revoked | Standing::Expired) | None => Err(INVALID),
    }
}

fn show_account(account: &Account) -> Reply {
    let email = "owner@sandbox.example";
    Reply::json(
        StatusCode::OK,
        &json!({
            "user": { "email": email, "id": 1 },
            "account": {
                "id": 1,
                "name": "Sandbox",
                "plan_type": "creator",
                "primary_email_address": email,
                "created_at": account.created.to_string(),
                "timezone": { "name": "UTC", "friendly_name": "(UTC) UTC", "utc_offset": "+00:00" },
            },
        }),
    )
}

/// A page of a list, newest entries first.
fn page(account: &Account, request: &Request, list: &str, names: &BTreeMap<u64, String>) -> Reply {
    let after = match request.query("after") {
        None => u64::MAX,
        Some(cursor) => match read_cursor(&cursor) {
            Some(id) => id,
            None => return errors(StatusCode::UNPROCESSABLE_ENTITY, &["After is invalid"]),
        },
    };
    let size = match request.query("per_page").map(|size| size.parse::<usize>()) {
        None => 500,
        Some(Ok(size @ 1..=1000)) => size,
        Some(_) => return errors(StatusCode::UNPROCESSABLE_ENTITY, &["Per page is invalid"]),
    };
    let mut rest = names.range(..after).rev();
    let shown: Vec<(&u64, &String)> = rest.by_ref().take(size).collect();
    let cursor = |entry: Option<&(&u64, &String)>| entry.map(|(id, _)| write_cursor(**id));
    let created = account.created.to_string();
    let entries = shown.iter().map(|(id, name)| json!({ "id": id, "name": name, "created_at": created }));
    Reply::json(
        StatusCode::OK,
        &json!({
            list: entries.collect::<Vec<_>>(),
            "pagination": {
                "has_previous_page": after != u64::MAX,
                "has_next_page": rest.next().is_some(),
                "start_cursor": cursor(shown.first()),
                "end_cursor": cursor(shown.last()),
                "per_page": size,
            },
        }),
    )
}

/// As in the vendor's examples: base64 of a list with the id.
fn write_cursor(id: u64) -> String {
    STANDARD.encode(format!("[{id}]"))
}

fn read_cursor(cursor: &str) -> Option<u64> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// The subscribers with an address, or all. Without a status, only subscribers who receive e-mail.
fn subscribers(account: &Account, request: &Request) -> Reply {
    let email = request.query("email_address").map(|email| email.to_lowercase());
    let status = request.query("status").map_or_else(|| "active".to_owned(), std::borrow::Cow::into_owned);
    let has_status = |subscriber: &Subscriber| status == "all" || json!(subscriber.state) == json!(status);
    let wanted = |(key, subscriber): &(&String, &Subscriber)| {
        has_status(subscriber) && email.as_ref().is_none_or(|email| email == *key)
    };
    let found = account.subscribers.iter().filter(wanted).map(|(_, subscriber)| show(subscriber, None));
    Reply::json(
        StatusCode::OK,
        &json!({
            "subscribers": found.collect::<Vec<_>>(),
            "pagination": {
                "has_previous_page": false, "has_next_page": false, "start_cursor": null, "end_cursor": null,
                "per_page": 500,
            },
        }),
    )
}

fn tags_of(account: &Account, request: &Request, segment: &str) -> Reply {
    let mut all = account.subscribers.values();
    let Some(subscriber) = all.find(|subscriber| subscriber.id.to_string() == segment) else {
        return not_found();
    };
    let has = |(id, _): &(&u64, &String)| subscriber.tags.contains_key(id);
    let tags = account.tags.iter().filter(has).map(|(id, name)| (*id, name.clone())).collect();
    page(account, request, "tags", &tags)
}

fn create_tag(account: &mut Account, body: &Map<String, Value>) -> Reply {
    let Some(name) = text(body, "name") else { return unprocessable("Name can't be blank") };
    let known = account.tag_named(name).is_some();
    let id = account.ensure_tag(name);
    let status = if known { StatusCode::OK } else { StatusCode::CREATED };
    Reply::json(
        status,
        &json!({ "tag": { "id": id, "name": name, "created_at": account.created.to_string() } }),
    )
}

fn create_subscriber(account: &mut Account, request: &Request, body: &Map<String, Value>) -> Reply {
    let Some(email) = text(body, "email_address").filter(|email| is_address(email)) else {
        return unprocessable("Email address is invalid");
    };
    if body.get("first_name").is_some_and(|name| !name.is_string() && !name.is_null()) {
        return unprocessable("First name is invalid");
    }
    // The account has no custom fields.
    if body.get("fields").and_then(Value::as_object).is_some_and(|fields| !fields.is_empty()) {
        return unprocessable("Fields are invalid");
    }
    let (added, subscriber) = account.upsert(request, email, text(body, "first_name"));
    let status = if added { StatusCode::CREATED } else { StatusCode::OK };
    Reply::json(status, &json!({ "subscriber": show(subscriber, None) }))
}

/// Tags a subscriber (201, or 200 if it already had the tag), or removes the tag (204).
fn switch(
    account: &mut Account,
    request: &Request,
    body: &Map<String, Value>,
    segment: &str,
    on: bool,
) -> Reply {
    let tag = segment.parse().ok().filter(|tag| account.tags.contains_key(tag));
    let Some(tag) = tag else { return not_found() };
    let Some(email) = text(body, "email_address") else {
        let what = if on { "tag subscriber" } else { "remove tag from subscriber" };
        return unprocessable(&format!("Either subscriber id or email address is required to {what}"));
    };
    let Some(subscriber) = account.subscriber(email) else { return not_found() };
    if !on {
        subscriber.untag(request, tag);
        return Reply::empty(StatusCode::NO_CONTENT);
    }
    let status = if subscriber.tag(request, tag) { StatusCode::CREATED } else { StatusCode::OK };
    Reply::json(status, &json!({ "subscriber": show(subscriber, Some(tag)) }))
}

fn show(subscriber: &Subscriber, tag: Option<u64>) -> Value {
    let mut shown = json!({
        "id": subscriber.id,
        "first_name": subscriber.first_name,
        "email_address": subscriber.email,
        "state": subscriber.state,
        "created_at": subscriber.created.to_string(),
        "fields": {},
    });
    if let Some(at) = tag.and_then(|tag| subscriber.tags.get(&tag)) {
        shown["tagged_at"] = at.to_string().into();
    }
    shown
}

fn record(account: &mut Account, request: &Request, body: &Map<String, Value>) -> Reply {
    let none = Map::new();
    let given = body.get("purchase").and_then(Value::as_object).unwrap_or(&none);
    match purchase(given, &WANTS) {
        Ok(bought) => {
            let purchase = account.record(request, bought);
            let mut shown = purchase.bought.fields.clone();
            shown.remove("shipping");
            shown.insert("id".to_owned(), purchase.id.into());
            shown.insert("subscriber_id".to_owned(), purchase.subscriber.into());
            Reply::json(StatusCode::CREATED, &json!({ "purchase": shown }))
        }
        Err(misfits) => {
            let say = |misfit: &Invalid| match misfit {
                Invalid::Blank("transaction_id", _) => "Transaction cannot be blank".to_owned(),
                Invalid::Blank(name, _) => format!("{name} cannot be blank"),
                Invalid::Wrong(name) => format!("{name} is invalid"),
            };
            let words: Vec<String> = misfits.iter().map(say).collect();
            errors(StatusCode::UNPROCESSABLE_ENTITY, &words.iter().map(String::as_str).collect::<Vec<_>>())
        }
    }
}

fn errors(status: StatusCode, words: &[&str]) -> Reply {
    Reply::json(status, &json!({ "errors": words }))
}

fn unprocessable(words: &str) -> Reply {
    errors(StatusCode::UNPROCESSABLE_ENTITY, &[words])
}

pub(super) fn not_found() -> Reply {
    errors(StatusCode::NOT_FOUND, &["Not Found"])
}
