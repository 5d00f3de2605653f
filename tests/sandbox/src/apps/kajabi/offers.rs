//! The user's profile, the sites and the offers.
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::account::{Account, Offer};
use super::document::document;
use super::identifier;
use super::page::{page, sparse};
use super::problem::Problem;
use crate::exchange::{Reply, Request};

/// `GET /v1/me`: <https://developers.kajabi.com/api-reference/me/my-user-profile>
pub(super) fn me() -> Reply {
    let attributes = json!({ "initials": "AL", "name": "Ada Lovelace", "email": "ada@example.com", "role_level": "OWNER" });
    let data = json!({ "id": "1", "type": "users", "attributes": attributes });
    document(StatusCode::OK, &json!({ "data": data }))
}

/// `GET /v1/sites`: <https://developers.kajabi.com/api-reference/sites/list-sites>
pub(super) fn sites(account: &Account, request: &Request) -> Result<Reply, Problem> {
    let sites = account.sites.iter().map(|site| {
        let attributes = json!({ "title": site.title, "subdomain": format!("site-{}", site.id) });
        json!({ "id": site.id, "type": "sites", "attributes": attributes })
    });
    page(request, "sites", sites.collect())
}

/// `GET /v1/offers`: <https://developers.kajabi.com/api-reference/offers/list-offers>
pub(super) fn all(account: &Account, request: &Request) -> Result<Reply, Problem> {
    let site = request.query("filter[site_id]");
    let wanted = |offer: &&Offer| site.as_ref().is_none_or(|site| offer.site == *site);
    page(request, "offers", account.offers.iter().filter(wanted).map(show).collect())
}

/// `GET /v1/offers/{id}`: <https://developers.kajabi.com/api-reference/offers/offer-details>
pub(super) fn one(account: &Account, request: &Request, id: &str) -> Result<Reply, Problem> {
    let offer = account.offer(id).ok_or_else(Problem::not_found)?;
    let body = json!({ "data": sparse(request, "offers", show(offer)) });
    Ok(document(StatusCode::OK, &body))
}

fn show(offer: &Offer) -> Value {
    json!({
        "id": offer.id,
        "type": "offers",
        "attributes": {
            "title": offer.title,
            "description": null,
            "internal_title": offer.internal_title,
            "currency": "USD",
            "price_in_cents": 19900,
            "payment_type": "single",
            // The token of checkout links, which differs from an activation URL's.
            "token": format!("checkout-{}", offer.id),
            "checkout_url": format!("https://shop.example.com/offers/checkout-{}", offer.id),
            "one_time": true,
            "free": false,
            "image_url": null,
        },
        "relationships": {
            "site": { "data": identifier("sites", &offer.site) },
            "products": { "data": [] },
        },
    })
}
