//! The lists of the account: <https://mailchimp.com/developer/marketing/api/lists/>.
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::account::{Account, Audience, Status};
use super::problem::Problem;
use crate::exchange::{Reply, Request};

type Answer = Result<Reply, Problem>;

/// `GET /`.
pub(super) fn root(account: &Account, request: &Request) -> Reply {
    let subscribed: usize =
        account.audiences.values().map(|audience| audience.count(Status::Subscribed)).sum();
    let body = json!({
        "account_id": "5a4dbx0000000000000000000",
        "login_id": "5a4dbx0000000000000000001",
        "account_name": "Sandbox",
        "email": "owner@sandbox.invalid",
        "first_name": "Sandra",
        "last_name": "Box",
        "username": "sandbox",
        "role": "owner",
        "pricing_plan_type": "monthly",
        "account_timezone": "UTC",
        "total_subscribers": subscribed,
    });
    Reply::json(StatusCode::OK, &shown(request, body))
}

/// `GET /ping`.
pub(super) fn ping() -> Reply {
    Reply::json(StatusCode::OK, &json!({ "health_status": "Everything's Chimpy!" }))
}

/// `GET /lists`.
pub(super) fn all(account: &Account, request: &Request) -> Answer {
    let (lists, total) = page(request, account.audiences.values().map(show).collect())?;
    Ok(Reply::json(StatusCode::OK, &shown(request, json!({ "lists": lists, "total_items": total }))))
}

/// `GET /lists/{list}`.
pub(super) fn one(account: &Account, request: &Request, list: &str) -> Answer {
    Ok(Reply::json(StatusCode::OK, &shown(request, show(audience(account, list)?))))
}

/// `GET /lists/{list}/tag-search`: without a name all tags, with a name the tags that begin with it. The document has
/// no pagination, but the live API returns ten tags per page like every other list.
pub(super) fn tag_search(account: &Account, request: &Request, list: &str) -> Answer {
    let prefix = request.query("name").map(|name| name.to_lowercase()).unwrap_or_default();
    let tags =
        audience(account, list)?.tags.iter().filter(|(name, _)| name.to_lowercase().starts_with(&prefix));
    let (tags, total) = page(request, tags.map(|(name, id)| json!({ "id": id, "name": name })).collect())?;
    Ok(Reply::json(StatusCode::OK, &json!({ "tags": tags, "total_items": total })))
}

/// `GET /lists/{list}/segments`: tags are the static segments; the sandbox has no others.
pub(super) fn segments(account: &Account, request: &Request, list: &str) -> Answer {
    let audience = audience(account, list)?;
    let wanted = request.query("type").is_none_or(|kind| kind == "static");
    let segment = |(name, id): (&String, &u64)| {
        let members = audience.members.values().filter(|member| member.tags.contains_key(name)).count();
        json!({ "id": id, "name": name, "member_count": members, "type": "static", "list_id": list })
    };
    let (segments, total) = page(request, audience.tags.iter().filter(|_| wanted).map(segment).collect())?;
    let body = json!({ "segments": segments, "list_id": list, "total_items": total });
    Ok(Reply::json(StatusCode::OK, &shown(request, body)))
}

/// `GET /lists/{list}/merge-fields`.
pub(super) fn merge_fields(account: &Account, request: &Request, list: &str) -> Answer {
    let fields = audience(account, list)?.merge_fields.iter().zip(1..).map(|(field, id)| {
        json!({
            "merge_id": id, "tag": field.tag, "name": field.name, "type": field.kind, "required": field.required,
            "default_value": "", "public": true, "display_order": id + 1, "help_text": "", "list_id": list,
        })
    });
    let (fields, total) = page(request, fields.collect())?;
    let body = json!({ "merge_fields": fields, "list_id": list, "total_items": total });
    Ok(Reply::json(StatusCode::OK, &shown(request, body)))
}

/// The audience with this id.
pub(super) fn audience<'a>(account: &'a Account, list: &str) -> Result<&'a Audience, Problem> {
    account.audiences.get(list).ok_or_else(Problem::not_found)
}

/// The page for `count` (default 10, at most 1000) and `offset`, and the total number of entries.
pub(super) fn page(request: &Request, all: Vec<Value>) -> Result<(Vec<Value>, usize), Problem> {
    let number = |name: &str, default: usize| match request.query(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| Problem::invalid_field(name, "Schema describes integer")),
    };
    let (count, offset) = (number("count", 10)?, number("offset", 0)?);
    if count > 1000 {
        return Err(Problem::invalid_field("count", "Value must be at most 1000"));
    }
    let total = all.len();
    Ok((all.into_iter().skip(offset).take(count).collect(), total))
}

/// A body narrowed by `fields` or `exclude_fields`, whose paths are dotted and pass through arrays.
pub(super) fn shown(request: &Request, body: Value) -> Value {
    let paths = |name: &str| -> Option<Vec<String>> {
        Some(request.query(name)?.split(',').map(|path| path.trim().to_owned()).collect())
    };
    let body = match paths("fields") {
        Some(paths) => narrow(body, &paths, true),
        None => body,
    };
    match paths("exclude_fields") {
        Some(paths) => narrow(body, &paths, false),
        None => body,
    }
}

/// Keeps the paths, or drops them.
fn narrow(value: Value, paths: &[String], keep: bool) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(|value| narrow(value, paths, keep)).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter_map(|(name, value)| narrow_field(name, value, paths, keep))
                .collect::<Map<_, _>>(),
        ),
        plain => plain,
    }
}

fn narrow_field(name: String, value: Value, paths: &[String], keep: bool) -> Option<(String, Value)> {
    if paths.contains(&name) {
        return keep.then_some((name, value));
    }
    let below = |path: &String| path.strip_prefix(&name)?.strip_prefix('.').map(str::to_owned);
    let inner: Vec<String> = paths.iter().filter_map(below).collect();
    match (inner.is_empty(), keep) {
        (true, true) => None,
        (true, false) => Some((name, value)),
        (false, _) => Some((name, narrow(value, &inner, keep))),
    }
}

fn show(audience: &Audience) -> Value {
    json!({
        "id": audience.id,
        "name": audience.name,
        "permission_reminder": "You bought from us.",
        "use_archive_bar": true,
        "date_created": audience.created.strftime(super::TIME).to_string(),
        "list_rating": 0,
        "email_type_option": false,
        "visibility": "prv",
        "double_optin": audience.double_optin,
        "has_welcome": false,
        "marketing_permissions": false,
        "stats": {
            "member_count": audience.count(Status::Subscribed),
            "unsubscribe_count": audience.count(Status::Unsubscribed),
            "cleaned_count": audience.count(Status::Cleaned),
            "merge_field_count": audience.merge_fields.len(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_only_what_they_name_through_arrays() {
        let body = json!({ "lists": [{ "id": "a", "name": "A", "stats": { "member_count": 1, "x": 2 } }], "total_items": 1 });
        let paths = |paths: &str| paths.split(',').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            narrow(body.clone(), &paths("lists.id,lists.stats.member_count"), true),
            json!({ "lists": [{ "id": "a", "stats": { "member_count": 1 } }] })
        );
        assert_eq!(
            narrow(body, &paths("lists.stats,total_items"), false),
            json!({ "lists": [{ "id": "a", "name": "A" }] })
        );
    }
}
