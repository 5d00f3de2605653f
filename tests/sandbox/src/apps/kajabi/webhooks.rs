//! The activation and deactivation webhooks of an offer. The URL is the only credential.
//!
//! The fields and the flag are documented. The error texts are those that merchants have received; their status and
//! form are [?], here 422 and one line of text.
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::account::Account;
use super::contacts::is_address;
use crate::exchange::{Reply, Request};

/// `POST /webhooks/offers/{token}/{offer}/{activate|deactivate}`
pub(super) fn call(account: &mut Account, request: &Request, path: (&str, &str, &str)) -> Reply {
    apply(account, request, path).unwrap_or_else(|(status, words)| Reply::typed(status, "text/plain", words))
}

fn apply(
    account: &mut Account,
    request: &Request,
    (token, offer, deed): (&str, &str, &str),
) -> Result<Reply, (StatusCode, &'static str)> {
    let known = account.offer(offer).filter(|offer| offer.webhook_token == token);
    let site = known.map(|offer| offer.site.clone()).ok_or((StatusCode::NOT_FOUND, "Not found"))?;
    let refuse = |words| (StatusCode::UNPROCESSABLE_ENTITY, words);
    if request.media_type().as_deref() != Some("application/json") {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send JSON"));
    }
    let body: Map<String, Value> =
        serde_json::from_slice(&request.body).map_err(|_| (StatusCode::BAD_REQUEST, "Send JSON"))?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let name = text("name").ok_or(refuse("Name: can't be blank"))?;
    let email = text("email").ok_or(refuse("Email: can't be blank"))?;
    let member = text("external_user_id").ok_or(refuse("External user: can't be blank"))?;
    if !is_address(email) {
        return Err(refuse("Email: is invalid"));
    }
    match deed {
        "activate" => {
            let welcome = request.query("send_offer_grant_email").as_deref() == Some("true");
            if account.contact_of(&site, email).is_none() {
                let contact = account.add(&site, email, Some(name.to_owned()), request.at);
                contact.note(request, "created", true, None);
            }
            let contact = account.contact_of(&site, email).ok_or(refuse("Base: not found"))?;
            if contact.external_user_id.as_deref().is_some_and(|known| known != member) {
                return Err(refuse("Email: is already taken"));
            }
            contact.external_user_id = Some(member.to_owned());
            if contact.offers.contains(offer) {
                contact.note(request, "granted", false, Some(offer));
                return Err(refuse("The offer has already been granted to this member"));
            }
            contact.grant(request, offer, welcome);
        }
        "deactivate" => {
            let is_member = |known: &Option<String>| known.as_deref() == Some(member);
            let contact = account
                .contacts
                .iter_mut()
                .find(|contact| contact.site == site && is_member(&contact.external_user_id))
                .ok_or(refuse("Base: not found"))?;
            let had = contact.offers.contains(offer);
            contact.revoke(request, offer);
            if !had {
                return Err(refuse("Offer grant not found for offer on member"));
            }
        }
        _ => return Err((StatusCode::NOT_FOUND, "Not found")),
    }
    Ok(Reply::json(StatusCode::OK, &json!({})))
}
