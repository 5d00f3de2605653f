//! Contacts and their tags: `apps/contacts.json` of <https://github.com/GoHighLevel/highlevel-api-docs>.
use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::account::{Account, Contact, Location, Matching};
use super::body::{self, Written};
use super::problem::Problem;
use crate::exchange::{Reply, Request};

type Answer = Result<Reply, Problem>;

/// `POST /contacts/`: creates. If the location does not allow duplicates, a 400 names the contact that already has the
/// address or the number; this error is not in the specification, but clients have received it.
pub(super) fn create(account: &mut Account, request: &Request) -> Answer {
    let written = Written::read(request)?;
    let id = account.next_contact();
    let location = account.location(&written.location)?;
    if !location.allow_duplicates
        && let Some((by, at)) = written.matches(location).first()
    {
        let contact = &mut location.contacts[*at];
        contact.contested = false;
        let name = contact.text("firstName").unwrap_or_default();
        return Err(Problem::duplicate(&contact.id, name, by.field()));
    }
    let at = location.add(id, request.at);
    write(location, at, written, request, "created");
    let body = json!({ "contact": show(location, at), "traceId": trace(request) });
    Ok(Reply::json(StatusCode::CREATED, &body))
}

/// `POST /contacts/upsert`: creates, or updates the first contact found in the location's search order. If two contacts
/// have the address and the number, only the first is updated, and the other's field is silently left out.
pub(super) fn upsert(account: &mut Account, request: &Request) -> Answer {
    let mut written = Written::read(request)?;
    let id = account.next_contact();
    let location = account.location(&written.location)?;
    // The specification requires neither, but a contact without both could not be found again. The text is our choice.
    if [Matching::Email, Matching::Phone].iter().all(|by| written.given(*by).is_none()) {
        return Err(Problem::bad("Pass at least one of email, phone"));
    }
    let found = written.matches(location);
    let (new, at) = match found.first() {
        Some((_, at)) => (false, *at),
        None => (true, location.add(id, request.at)),
    };
    location.contacts[at].contested = false;
    for (by, other) in &found {
        if *other != at && !location.allow_duplicates {
            written.fields.remove(by.field());
        }
    }
    write(location, at, written, request, if new { "created" } else { "updated" });
    let body = json!({ "new": new, "contact": show(location, at), "traceId": trace(request) });
    Ok(Reply::json(StatusCode::OK, &body))
}

/// `PUT /contacts/{contact}`. If the location does not allow duplicates, an address or number of another contact is
/// rejected: our choice, from the errors of `POST /contacts/` that clients have received.
pub(super) fn update(account: &mut Account, request: &Request, id: &str) -> Answer {
    let written = Written::update(request)?;
    let (location, at) = account.contact(id)?;
    let mut matches = written.matches(location).into_iter();
    if !location.allow_duplicates
        && let Some((by, other)) = matches.find(|(_, other)| *other != at)
    {
        let other = &location.contacts[other];
        return Err(Problem::duplicate(&other.id, other.text("firstName").unwrap_or_default(), by.field()));
    }
    write(location, at, written, request, "updated");
    Ok(Reply::json(StatusCode::OK, &json!({ "succeded": true, "contact": show(location, at) })))
}

/// Writes the fields, and replaces all tags.
fn write(location: &mut Location, at: usize, written: Written, request: &Request, kind: &'static str) {
    let tags: Option<BTreeSet<String>> =
        written.tags.map(|tags| tags.iter().map(|tag| location.ensure_tag(tag)).collect());
    let contact = &mut location.contacts[at];
    let before = contact.fields.clone();
    contact.fields.extend(written.fields);
    contact.fields.retain(|_, value| !value.is_null());
    let changed = contact.fields != before;
    contact.note(request, kind, changed, None);
    if let Some(tags) = tags {
        let changed = std::mem::replace(&mut contact.tags, tags) != contact.tags;
        contact.note(request, "tags_replaced", changed, None);
    }
}

/// `GET /contacts/search/duplicate`: by address, then by number. The specification does not define the body; clients
/// rely on `null` if no contact is found.
pub(super) fn find(account: &mut Account, request: &Request) -> Answer {
    let required = || Problem::unprocessable(vec!["locationId should not be empty".to_owned()]);
    let location = account.location(&request.query("locationId").ok_or_else(required)?)?;
    let asked = [(Matching::Email, request.query("email")), (Matching::Phone, request.query("number"))];
    if asked.iter().all(|(_, value)| value.is_none()) {
        return Err(Problem::bad("Pass at least one of number, email query parameter"));
    }
    let found = asked.iter().find_map(|(by, value)| location.position(*by, value.as_deref()?));
    let found = found.filter(|at| !location.contacts[*at].contested);
    let contact = found.map(|at| show(location, at));
    Ok(Reply::json(StatusCode::OK, &json!({ "contact": contact, "traceId": trace(request) })))
}

/// `POST /contacts/{contact}/tags`: adds to the contact's tags, and creates missing tags.
pub(super) fn add_tags(account: &mut Account, request: &Request, id: &str) -> Answer {
    let tags = body::tags(request)?;
    let (location, at) = account.contact(id)?;
    for tag in tags {
        let tag = location.ensure_tag(&tag);
        let contact = &mut location.contacts[at];
        let changed = contact.tags.insert(tag.clone());
        contact.note(request, "tag_on", changed, Some(&tag));
    }
    Ok(Reply::json(StatusCode::CREATED, &json!({ "tags": location.contacts[at].tags })))
}

/// `DELETE /contacts/{contact}/tags`, with a body. A missing tag is no error. Names are compared in lower case, as they
/// are stored: our choice.
pub(super) fn remove_tags(account: &mut Account, request: &Request, id: &str) -> Answer {
    let tags = body::tags(request)?;
    let (location, at) = account.contact(id)?;
    let contact = &mut location.contacts[at];
    for tag in tags {
        let tag = tag.trim().to_lowercase();
        let changed = contact.tags.remove(&tag);
        contact.note(request, "tag_off", changed, Some(&tag));
    }
    Ok(Reply::json(StatusCode::OK, &json!({ "tags": contact.tags })))
}

/// A contact in the API's form.
fn show(location: &Location, at: usize) -> Value {
    let contact: &Contact = &location.contacts[at];
    let mut shown = Value::Object(contact.fields.clone());
    shown["id"] = json!(contact.id);
    shown["locationId"] = json!(location.id);
    shown["tags"] = json!(contact.tags);
    shown["dateAdded"] = json!(contact.added.to_string());
    shown
}

fn trace(request: &Request) -> String {
    format!("trace-{}", request.seq)
}
