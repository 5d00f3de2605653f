//! Pages and sparse fields, the same for every list.
use std::borrow::Cow;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::document::document;
use super::problem::Problem;
use crate::exchange::{Reply, Request};

/// [?] The default page size.
const DEFAULT: usize = 25;

/// A page of these resources, with links to its neighbours; the last page's next link is null.
pub(super) fn page(request: &Request, kind: &str, resources: Vec<Value>) -> Result<Reply, Problem> {
    let number = positive(request, "page[number]")?.unwrap_or(1);
    let size = positive(request, "page[size]")?.unwrap_or(DEFAULT);
    let total = resources.len();
    let pages = total.div_ceil(size).max(1);
    let link = |number: usize| {
        let link = || format!("https://api.kajabi.com/v1/{kind}?page[number]={number}&page[size]={size}");
        (1..=pages).contains(&number).then(link)
    };
    let data = resources.into_iter().skip((number - 1).saturating_mul(size)).take(size);
    let data: Vec<Value> = data.map(|resource| sparse(request, kind, resource)).collect();
    let body = json!({
        "data": data,
        "links": {
            "self": link(number), "first": link(1), "prev": link(number - 1), "next": link(number + 1),
            "last": link(pages),
        },
        "meta": { "total_pages": pages, "total_count": total, "current_page": number },
    });
    Ok(document(StatusCode::OK, &body))
}

/// The resource with the fields in `fields[<kind>]`, in which relationships count as fields.
pub(super) fn sparse(request: &Request, kind: &str, mut resource: Value) -> Value {
    let Some(named) = request.query(&format!("fields[{kind}]")) else { return resource };
    let named: Vec<&str> = named.split(',').map(str::trim).collect();
    for part in ["attributes", "relationships"] {
        if let Some(fields) = resource.get_mut(part).and_then(Value::as_object_mut) {
            *fields = std::mem::take(fields)
                .into_iter()
                .filter(|(name, _)| named.contains(&name.as_str()))
                .collect::<Map<_, _>>();
        }
    }
    resource
}

fn positive(request: &Request, name: &str) -> Result<Option<usize>, Problem> {
    let read = |text: Cow<'_, str>| match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(Problem::bad_request(&format!("{name} must be a positive number"), None)),
    };
    request.query(name).map(read).transpose()
}
