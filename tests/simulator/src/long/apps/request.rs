//! A request to an app: for which marketplace it is, and what it asks for.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::app::App;
use reqwest::{Body, Request};
use serde_json::Value;

use crate::long::shop::{self, MARKETPLACES};

/// A request.
pub(super) struct Asked {
    /// The first segment of the path.
    pub(super) app: String,
    /// The marketplace whose account is called; the number of marketplaces, if it is none's.
    pub(super) marketplace: usize,
    /// The id of a message.
    pub(super) message: Option<String>,
    /// The changes that the app makes for it, which its sender has to know.
    pub(super) deeds: Vec<String>,
}

impl Asked {
    /// `tokens`: the marketplace of each code and token of a login.
    pub(super) fn read(request: &Request, tokens: &BTreeMap<String, usize>) -> Self {
        let path: Vec<&str> = request.url().path().split('/').skip(1).collect();
        let app = path.first().copied().unwrap_or_default().to_owned();
        let header = |name: &str| request.headers().get(name)?.to_str().ok();
        let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
        let bearer = || tokens.get(header("authorization")?.strip_prefix("Bearer ")?).copied();
        let owner = match app.parse::<App>().ok() {
            Some(App::WEBHOOK) => MARKETPLACES.iter().position(|name| Some(name) == path.get(1)),
            Some(App::KIT) => header("x-kit-api-key").and_then(|key| shop::owner(App::KIT, key)),
            Some(App::MAILCHIMP) => header("authorization").and_then(password),
            Some(App::HIGHLEVEL) => {
                bearer().or_else(|| form(body).find_map(|(_, text)| tokens.get(&text).copied()))
            }
            _ => None,
        };
        let marketplace = owner.unwrap_or(MARKETPLACES.len());
        let message = header("webhook-id").map(str::to_owned);
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let changed = match path[..] {
            ["kit", "v4", "tags", tag, "subscribers"] => {
                let contact = json["email_address"].as_str().unwrap_or_default();
                Some(change(App::KIT, marketplace, contact, tag))
            }
            ["highlevel", "contacts", contact, "tags"] => {
                let tag = json["tags"][0].as_str().unwrap_or_default();
                Some(change(App::HIGHLEVEL, marketplace, contact, tag))
            }
            ["highlevel", "oauth", "token"] => Some(renewal(marketplace)),
            _ => None,
        };
        Self { app, marketplace, deeds: message.iter().cloned().chain(changed).collect(), message }
    }
}

/// The deed of requesting new tokens.
pub(super) fn renewal(marketplace: usize) -> String {
    format!("tokens {marketplace}")
}

fn change(app: App, marketplace: usize, contact: &str, tag: &str) -> String {
    format!("{app} {marketplace} {} {}", contact.to_lowercase(), tag.to_lowercase())
}

/// The deeds that change a contact's tag. Kit's requests name the tag by its id, HighLevel's the contact.
pub(super) fn deeds_of(
    app: App,
    marketplace: usize,
    holdings: &Value,
    contact: &str,
    tag: &str,
) -> Vec<String> {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let is = |value: &Value, text: &str| value.as_str().is_some_and(|own| own.eq_ignore_ascii_case(text));
    if app == App::KIT {
        let ids = list(&holdings["tags"]).into_iter().filter(|known| is(&known["name"], tag));
        return ids.map(|known| change(app, marketplace, contact, &known["id"].to_string())).collect();
    }
    let contacts = list(&holdings["locations"]).into_iter().flat_map(|location| list(&location["contacts"]));
    let theirs = contacts.filter(|known| is(&known["email"], contact));
    theirs.map(|known| change(app, marketplace, known["id"].as_str().unwrap_or_default(), tag)).collect()
}

/// The tokens that an app has issued for a request.
pub(super) fn issued(request: &Request, answer: &[u8]) -> Vec<String> {
    if !request.url().path().ends_with("/oauth/token") {
        return Vec::new();
    }
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let tokens = ["access_token", "refresh_token"].into_iter().filter_map(|name| answer[name].as_str());
    tokens.map(str::to_owned).collect()
}

/// The marketplace of the key in a basic authorization.
fn password(header: &str) -> Option<usize> {
    let plain = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let plain = String::from_utf8(plain).ok()?;
    shop::owner(App::MAILCHIMP, plain.split_once(':')?.1)
}

/// The fields of a form.
fn form(body: &[u8]) -> impl Iterator<Item = (String, String)> {
    reqwest::Url::parse(&format!("form:?{}", String::from_utf8_lossy(body)))
        .map(|url| url.query_pairs().into_owned().collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
}
