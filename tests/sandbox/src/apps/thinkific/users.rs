//! Users.
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Answer;
use super::body::{Fields, page};
use super::refused::Refused;
use super::site::{Site, User};
use crate::apps::stand_in::History;
use crate::exchange::{Reply, Request};

/// `GET /users`: the matching of `query[email]` is not documented; here every address that contains it is found, so
/// that a client has to compare.
#[expect(clippy::unnecessary_wraps, reason = "one of several that the router chooses from")]
pub(super) fn search(site: &mut Site, request: &Request) -> Answer {
    let asked = request.query("query[email]").map(|email| email.to_lowercase());
    let mut found = Vec::new();
    for (id, user) in &mut site.users {
        if asked.as_ref().is_some_and(|asked| !user.email.to_lowercase().contains(asked)) {
            continue;
        }
        match user.unseen_searches.checked_sub(1) {
            Some(left) => user.unseen_searches = left,
            None => found.push(show(*id, user)),
        }
    }
    Ok(page(request, found))
}

/// `POST /users`.
pub(super) fn create(site: &mut Site, request: &Request) -> Answer {
    let fields = Fields::read(request);
    let (welcome, lenient) =
        (fields.flag("send_welcome_email")?, fields.flag("skip_custom_fields_validation")?);
    let texts = ["first_name", "last_name", "email"].map(|name| (name, fields.text(name)));
    let mut errors: Vec<_> =
        texts.iter().filter(|(_, text)| text.is_none()).map(|(name, _)| (*name, "can't be blank")).collect();
    let [first_name, last_name, email] = texts.map(|(_, text)| text.unwrap_or_default().to_owned());
    let (local, domain) = email.split_once('@').unwrap_or_default();
    if !email.is_empty() && (local.is_empty() || !domain.contains('.') || email.contains(' ')) {
        errors.push(("email", "is invalid"));
    }
    if site.user(&email).is_some() {
        errors.push(("email", "has already been taken"));
    }
    if site.required_profile_fields && !lenient {
        errors.push(("custom_profile_fields", "can't be blank"));
    }
    if !errors.is_empty() {
        return Err(Refused::Fields(errors));
    }
    let mut history = History::default();
    history.note(request, "created", true, None);
    if welcome {
        history.note(request, "welcomed", true, None);
    }
    let user = User { email, first_name, last_name, created: request.at, unseen_searches: 0, history };
    let shown = user.clone();
    let id = site.add_user(user);
    Ok(Reply::json(StatusCode::CREATED, &show(id, &shown)))
}

fn show(id: u64, user: &User) -> Value {
    json!({
        "id": id,
        "created_at": user.created,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "full_name": format!("{} {}", user.first_name, user.last_name),
        "company": null,
        "email": user.email,
        "roles": [],
        "external_source": null,
        "custom_profile_fields": [],
    })
}
