//! Contacts and their offers.
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::account::{Account, Contact};
use super::document::document;
use super::page::page;
use super::problem::Problem;
use super::{body, identifier};
use crate::exchange::{Reply, Request};

/// `GET /v1/contacts`: <https://developers.kajabi.com/api-reference/contacts/list-contacts>
pub(super) fn all(account: &Account, request: &Request) -> Result<Reply, Problem> {
    let (site, search) = (request.query("filter[site_id]"), request.query("filter[search]"));
    let contains = request.query("filter[email_contains]").map(|text| text.to_lowercase());
    if site.is_none() && account.sites.len() > 1 {
        return Err(Problem::bad_request(
            "filter[site_id] is required when the account has multiple sites",
            None,
        ));
    }
    let wanted = |contact: &&Contact| {
        site.as_ref().is_none_or(|site| contact.site == *site)
            && search.as_ref().is_none_or(|search| resembles(contact, search))
            && contains.as_ref().is_none_or(|text| contact.email.contains(text))
    };
    page(request, "contacts", account.contacts.iter().filter(wanted).map(show).collect())
}

/// `POST /v1/contacts`: <https://developers.kajabi.com/api-reference/contacts/create-a-contact>
pub(super) fn create(account: &mut Account, request: &Request) -> Result<Reply, Problem> {
    const EMAIL: &str = "/data/attributes/email";
    let body = body(request)?;
    let data = &body["data"];
    if data["type"] != "contacts" {
        return Err(Problem::bad_request("The type must be contacts", Some("/data/type")));
    }
    let attributes = data["attributes"].as_object();
    let attributes = attributes
        .ok_or_else(|| Problem::bad_request("Attributes are required", Some("/data/attributes")))?;
    let site = named(&data["relationships"]["site"]["data"], "sites").ok_or_else(|| {
        Problem::bad_request("Site relationship is required", Some("/data/relationships/site"))
    })?;
    if !account.sites.iter().any(|known| known.id == site) {
        return Err(Problem::not_found());
    }
    let text = |name: &str| match attributes.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.trim().is_empty())),
        Some(_) => Err(Problem::unprocessable("must be a string", "/data/attributes")),
    };
    let (email, name) = (text("email")?, text("name")?);
    let email = email.ok_or_else(|| Problem::unprocessable("can't be blank", EMAIL))?;
    if !is_address(&email) {
        return Err(Problem::unprocessable("is invalid", EMAIL));
    }
    if account.undeliverable.contains(&email.to_lowercase()) {
        return Err(Problem::unprocessable("is undeliverable", EMAIL));
    }
    if account.contact_of(site, &email).is_some() {
        // [?] The rejection is inferred; the text is from Rails.
        return Err(Problem::unprocessable("has already been taken", EMAIL));
    }
    let contact = account.add(site, &email, name, request.at);
    contact.note(request, "created", true, None);
    Ok(document(StatusCode::CREATED, &json!({ "data": show(contact) })))
}

/// `GET /v1/contacts/{id}/relationships/offers`
pub(super) fn offers(account: &Account, id: &str) -> Result<Reply, Problem> {
    let contact = account.contacts.iter().find(|contact| contact.id == id).ok_or_else(Problem::not_found)?;
    Ok(linkage(contact))
}

/// `POST /v1/contacts/{id}/relationships/offers`: granting an offer again has no effect.
/// <https://developers.kajabi.com/api-reference/contacts/grant-offer-to-contact>
pub(super) fn grant(account: &mut Account, request: &Request, id: &str) -> Result<Reply, Problem> {
    let body = body(request)?;
    let welcome = match &body["meta"]["send_customer_welcome_email"] {
        Value::Null => true,
        Value::Bool(wanted) => *wanted,
        _ => {
            return Err(Problem::bad_request("send_customer_welcome_email must be a boolean", Some("/meta")));
        }
    };
    let (contact, offers) = related(account, id, &body)?;
    for offer in offers {
        contact.grant(request, &offer, welcome);
    }
    Ok(linkage(contact))
}

/// `DELETE /v1/contacts/{id}/relationships/offers`: a missing offer is ignored.
/// <https://developers.kajabi.com/api-reference/contacts/revoke-offer-from-contact>
pub(super) fn revoke(account: &mut Account, request: &Request, id: &str) -> Result<Reply, Problem> {
    let body = body(request)?;
    let (contact, offers) = related(account, id, &body)?;
    for offer in offers {
        contact.revoke(request, &offer);
    }
    Ok(linkage(contact))
}

/// The contact, and the offers of their site in the document.
fn related<'a>(
    account: &'a mut Account,
    id: &str,
    body: &Value,
) -> Result<(&'a mut Contact, Vec<String>), Problem> {
    let contact = account.contacts.iter_mut().find(|contact| contact.id == id);
    let contact = contact.ok_or_else(Problem::not_found)?;
    let data =
        body["data"].as_array().ok_or_else(|| Problem::bad_request("Data must be a list", Some("/data")))?;
    let mut offers = Vec::new();
    for entry in data {
        let wrong = || Problem::bad_request("Type must be offers, and id a string", Some("/data"));
        let id = named(entry, "offers").ok_or_else(wrong)?;
        // [?] Kajabi does not document its response if contact and offer are on two sites.
        let known = account.offers.iter().any(|offer| offer.id == id && offer.site == contact.site);
        offers.push(known.then(|| id.to_owned()).ok_or_else(Problem::not_found)?);
    }
    Ok((contact, offers))
}

/// The id of an identifier of this type. Ids are texts.
fn named<'a>(identifier: &'a Value, kind: &str) -> Option<&'a str> {
    identifier["id"].as_str().filter(|_| identifier["type"] == kind)
}

fn linkage(contact: &Contact) -> Reply {
    let data: Vec<Value> = contact.offers.iter().map(|offer| identifier("offers", offer)).collect();
    let link = format!("https://api.kajabi.com/v1/contacts/{}/relationships/offers", contact.id);
    document(StatusCode::OK, &json!({ "data": data, "links": { "self": link } }))
}

/// [?] Kajabi calls its search fuzzy without a definition. Here a contact matches if it shares any longer word with the
/// search, so that every contact at example.com is found.
fn resembles(contact: &Contact, search: &str) -> bool {
    let text = format!("{} {}", contact.email, contact.name.as_deref().unwrap_or_default()).to_lowercase();
    let search = search.to_lowercase();
    let words = search.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2);
    words.into_iter().any(|word| text.contains(word)) || text.contains(&search)
}

/// A minimal check that the text is an address.
pub(super) fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
        && !text.contains(char::is_whitespace)
}

fn show(contact: &Contact) -> Value {
    let link = format!("https://api.kajabi.com/v1/contacts/{}/relationships/offers", contact.id);
    json!({
        "id": contact.id,
        "type": "contacts",
        "attributes": {
            "name": contact.name,
            "email": contact.email,
            "phone_number": null,
            "subscribed": false,
            "external_user_id": contact.external_user_id,
            "created_at": contact.created.to_string(),
            "updated_at": contact.created.to_string(),
        },
        "relationships": {
            "offers": { "links": { "self": link } },
            "site": { "data": identifier("sites", &contact.site) },
            "tags": { "data": [] },
        },
    })
}
