//! Reads and validates the body of a write.
use serde_json::{Map, Value};

use crate::exchange::Request;

/// The JSON object in a request's body; empty if the body or its media type is not JSON.
pub(super) fn fields(request: &Request) -> Map<String, Value> {
    let body = (request.media_type().as_deref() == Some("application/json")).then(|| request.body.as_ref());
    body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default()
}

/// A text field that is not blank.
pub(super) fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

pub(super) fn is_address(email: &str) -> bool {
    let parts = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    parts && !email.contains(char::is_whitespace)
}

/// A purchase from a request.
#[derive(Clone, Debug)]
pub(super) struct Bought {
    pub(super) transaction: String,
    pub(super) email: String,
    pub(super) first_name: Option<String>,
    /// All fields as they were sent.
    pub(super) fields: Map<String, Value>,
}

/// An error of a purchase: the field, and the product if the field belongs to one.
pub(super) enum Invalid {
    Blank(&'static str, Option<String>),
    Wrong(&'static str),
}

/// The required fields of a purchase in a generation of the API.
pub(super) struct Wants {
    /// Required amounts.
    pub(super) amounts: &'static [&'static str],
    /// Required texts.
    pub(super) texts: &'static [&'static str],
    /// Whether shipping is an integer.
    pub(super) whole_shipping: bool,
}

const AMOUNTS: [&str; 5] = ["subtotal", "tax", "shipping", "discount", "total"];
const TEXTS: [&str; 5] = ["transaction_id", "email_address", "currency", "transaction_time", "status"];

/// Reads a purchase, or returns all its errors.
pub(super) fn purchase(fields: &Map<String, Value>, wants: &Wants) -> Result<Bought, Vec<Invalid>> {
    let mut misfits = Vec::new();
    for name in TEXTS {
        match fields.get(name) {
            None | Some(Value::Null) if !wants.texts.contains(&name) => {}
            Some(Value::String(value)) if !value.trim().is_empty() => {}
            None | Some(Value::Null | Value::String(_)) => misfits.push(Invalid::Blank(name, None)),
            Some(_) => misfits.push(Invalid::Wrong(name)),
        }
    }
    for name in AMOUNTS {
        match fields.get(name) {
            Some(Value::Number(number)) if name != "shipping" || !wants.whole_shipping || number.is_u64() => {
            }
            None | Some(Value::Null) if !wants.amounts.contains(&name) => {}
            None | Some(Value::Null) => misfits.push(Invalid::Blank(name, None)),
            Some(_) => misfits.push(Invalid::Wrong(name)),
        }
    }
    if fields.get("status").is_some_and(|status| status != "paid") {
        misfits.push(Invalid::Wrong("status"));
    }
    if !text(fields, "currency")
        .is_none_or(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()))
    {
        misfits.push(Invalid::Wrong("currency"));
    }
    if !text(fields, "email_address").is_none_or(is_address) {
        misfits.push(Invalid::Wrong("email_address"));
    }
    match fields.get("products") {
        Some(Value::Array(products)) if !products.is_empty() => {
            misfits.extend(products.iter().flat_map(product_misfits));
            let ids: Vec<_> = products.iter().map(|product| &product["pid"]).collect();
            if ids.iter().enumerate().any(|(index, id)| ids[..index].contains(id)) {
                misfits.push(Invalid::Wrong("pid"));
            }
        }
        _ => misfits.push(Invalid::Blank("products", None)),
    }
    match (text(fields, "transaction_id"), text(fields, "email_address")) {
        (Some(transaction), Some(email)) if misfits.is_empty() => Ok(Bought {
            transaction: transaction.to_owned(),
            email: email.to_owned(),
            first_name: text(fields, "first_name").map(str::to_owned),
            fields: fields.clone(),
        }),
        _ => Err(misfits),
    }
}

/// A blank `sku` is rejected, though V3 calls it optional.
fn product_misfits(product: &Value) -> Vec<Invalid> {
    let of = || product["name"].as_str().map(str::to_owned);
    let texts = ["name", "pid", "lid", "sku"].into_iter().filter_map(|name| match &product[name] {
        Value::String(text) if !text.trim().is_empty() => None,
        Value::Null | Value::String(_) => Some(Invalid::Blank(name, of())),
        _ => Some(Invalid::Wrong(name)),
    });
    let quantity = (!product["quantity"].is_u64()).then_some(Invalid::Wrong("quantity"));
    let price = (!product["unit_price"].is_number()).then_some(Invalid::Wrong("unit_price"));
    texts.chain(quantity).chain(price).collect()
}
