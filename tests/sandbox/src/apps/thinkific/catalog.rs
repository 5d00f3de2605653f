//! The catalog: courses, and products, which are courses and bundles with ids of their own.
use serde_json::{Value, json};

use super::Answer;
use super::body::page;
use super::site::Site;
use crate::exchange::Request;

/// The first id of a product, so that no product has the id of a course or bundle.
const PRODUCTS: u64 = 900_000;

/// `GET /courses`.
#[expect(clippy::unnecessary_wraps, reason = "one of several that the router chooses from")]
pub(super) fn courses(site: &Site, request: &Request) -> Answer {
    let course = |(id, name): (&u64, &String)| {
        json!({
            "id": id, "name": name, "slug": slug(name), "subtitle": null, "product_id": PRODUCTS + id,
            "description": null, "chapter_ids": [], "instructor_id": 1, "reviews_enabled": false,
        })
    };
    Ok(page(request, site.courses.iter().map(course).collect()))
}

/// `GET /products`.
#[expect(clippy::unnecessary_wraps, reason = "one of several that the router chooses from")]
pub(super) fn products(site: &Site, request: &Request) -> Answer {
    let courses = site.courses.iter().map(|(id, name)| product(*id, name, "Course"));
    let bundles = site.bundles.iter().map(|(id, bundle)| product(*id, &bundle.name, "Bundle"));
    Ok(page(request, courses.chain(bundles).collect()))
}

fn product(id: u64, name: &str, kind: &str) -> Value {
    json!({
        "id": PRODUCTS + id, "productable_id": id, "productable_type": kind, "name": name, "slug": slug(name),
        "price": 49.0, "status": "published", "private": false, "hidden": false, "subscription": false,
        "days_until_expiry": null, "product_prices": [],
    })
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}
