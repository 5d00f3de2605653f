//! Members: <https://mailchimp.com/developer/marketing/api/list-members/>.
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::account::{Account, Audience, Member, Status, Verdict, hash};
use super::body::{self, Written};
use super::lists::{audience, page, shown};
use super::problem::Problem;
use crate::exchange::{Reply, Request};

type Answer = Result<Reply, Problem>;

/// `PUT /lists/{list}/members/{member}`: adds a member, or updates an existing one.
pub(super) fn put(account: &mut Account, request: &Request, list: &str, named: &str) -> Answer {
    let number = account.next_member();
    let written = Written::read(request, &Status::WRITABLE);
    let (audience, addresses) = (find_list(&mut account.audiences, list)?, &account.addresses);
    let written = written?;
    let email = written.email.clone().ok_or_else(|| Problem::missing("email_address"))?;
    let key = hash(&email);
    let known = audience.members.get(&key);
    if !names(named, &email, known) {
        return Err(mismatch());
    }
    let verdict = addresses.get(&email.to_lowercase()).copied();
    if verdict == Some(Verdict::Exists) {
        return Err(Problem::exists(&email));
    }
    let member = if let Some(member) = known.cloned() {
        updated(audience, member, &written, verdict, request)?
    } else {
        let status = written.status_if_new.or(written.status);
        let status = status.ok_or_else(|| Problem::missing("status_if_new"))?;
        added(audience, Member::new(&email, number, status, request.at), &written, verdict, request)?
    };
    let reply = Reply::json(StatusCode::OK, &shown(request, show(audience, &member)));
    audience.members.insert(key, member);
    Ok(reply)
}

/// `POST /lists/{list}/members`: adds a member; an existing member is an error, archived or not.
pub(super) fn post(account: &mut Account, request: &Request, list: &str) -> Answer {
    let number = account.next_member();
    let written = Written::read(request, &Status::WRITABLE);
    let (audience, addresses) = (find_list(&mut account.audiences, list)?, &account.addresses);
    let written = written?;
    let email = written.email.clone().ok_or_else(|| Problem::missing("email_address"))?;
    let status = written.status.ok_or_else(|| Problem::missing("status"))?;
    let key = hash(&email);
    let verdict = addresses.get(&email.to_lowercase()).copied();
    if let Some(known) = audience.members.get(&key) {
        // For members who opted out, the error is the compliance state and not that they exist.
        return Err(if status == Status::Subscribed && is_out(known) {
            Problem::compliance(&email)
        } else {
            Problem::exists(&email)
        });
    }
    if verdict == Some(Verdict::Exists) {
        return Err(Problem::exists(&email));
    }
    let mut member =
        added(audience, Member::new(&email, number, status, request.at), &written, verdict, request)?;
    for tag in &written.tags {
        audience.ensure_tag(tag);
        member.tags.insert(tag.clone(), request.at);
        member.note(request, "tag_on", true, Some(tag));
    }
    let reply = Reply::json(StatusCode::OK, &shown(request, show(audience, &member)));
    audience.members.insert(key, member);
    Ok(reply)
}

/// `PATCH /lists/{list}/members/{member}`: updates an existing member.
pub(super) fn patch(account: &mut Account, request: &Request, list: &str, named: &str) -> Answer {
    let (audience, addresses) = (find_list(&mut account.audiences, list)?, &account.addresses);
    let member = find_member(audience, named)?.clone();
    // An existing member cannot be made transactional.
    let written = Written::read(request, &Status::WRITABLE[..4])?;
    if written.email.as_deref().is_some_and(|email| hash(email) != member.hash) {
        return Err(mismatch());
    }
    let verdict = addresses.get(&member.email.to_lowercase()).copied();
    let member = updated(audience, member, &written, verdict, request)?;
    let reply = Reply::json(StatusCode::OK, &shown(request, show(audience, &member)));
    audience.members.insert(member.hash.clone(), member);
    Ok(reply)
}

/// `DELETE /lists/{list}/members/{member}`: archives.
pub(super) fn delete(account: &mut Account, request: &Request, list: &str, named: &str) -> Answer {
    let audience = find_list(&mut account.audiences, list)?;
    let member = find_member(audience, named)?;
    if matches!(member.status, Status::Archived | Status::Pending | Status::Cleaned) {
        return Err(Problem::not_removable());
    }
    member.status = Status::Archived;
    member.note(request, "archived", true, None);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `GET /lists/{list}/members/{member}`.
pub(super) fn get(account: &mut Account, request: &Request, list: &str, named: &str) -> Answer {
    let audience = find_list(&mut account.audiences, list)?;
    let member = find_member(audience, named)?.clone();
    Ok(Reply::json(StatusCode::OK, &shown(request, show(audience, &member))))
}

/// `GET /lists/{list}/members`.
pub(super) fn all(account: &Account, request: &Request, list: &str) -> Answer {
    let audience = audience(account, list)?;
    let status = request.query("status");
    let status = status.as_deref().map(|status| Value::from(status).to_string());
    let wanted = |member: &&Member| match &status {
        // Archived members are shown only if the request filters by that status.
        None => member.status != Status::Archived,
        Some(status) => serde_json::to_string(&member.status).is_ok_and(|is| is == *status),
    };
    let members = audience.in_order().into_iter().filter(wanted);
    let (members, total) = page(request, members.map(|member| show(audience, member)).collect())?;
    let body = json!({ "members": members, "list_id": list, "total_items": total });
    Ok(Reply::json(StatusCode::OK, &shown(request, body)))
}

/// `POST /lists/{list}/members/{member}/tags`: switches tags; an active tag that does not exist is created.
pub(super) fn switch_tags(account: &mut Account, request: &Request, list: &str, named: &str) -> Answer {
    let audience = find_list(&mut account.audiences, list)?;
    find_member(audience, named)?;
    for (tag, on) in body::tags(request)? {
        if on {
            audience.ensure_tag(&tag);
        }
        let member = find_member(audience, named)?;
        let changed = on != member.tags.contains_key(&tag);
        if on {
            member.tags.entry(tag.clone()).or_insert(request.at);
        } else {
            member.tags.remove(&tag);
        }
        member.note(request, if on { "tag_on" } else { "tag_off" }, changed, Some(&tag));
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `GET /lists/{list}/members/{member}/tags`.
pub(super) fn tags(account: &mut Account, request: &Request, list: &str, named: &str) -> Answer {
    let audience = find_list(&mut account.audiences, list)?;
    let on = find_member(audience, named)?.tags.clone();
    let tags = on.iter().map(|(name, since)| {
        json!({ "id": audience.tags.get(name), "name": name, "date_added": since.strftime(super::TIME).to_string() })
    });
    let (tags, total) = page(request, tags.collect())?;
    Ok(Reply::json(StatusCode::OK, &shown(request, json!({ "tags": tags, "total_items": total }))))
}

fn find_list<'a>(
    audiences: &'a mut std::collections::BTreeMap<String, Audience>,
    list: &str,
) -> Result<&'a mut Audience, Problem> {
    audiences.get_mut(list).ok_or_else(Problem::not_found)
}

fn find_member<'a>(audience: &'a mut Audience, named: &str) -> Result<&'a mut Member, Problem> {
    let key = audience.find(named).ok_or_else(Problem::not_found)?;
    audience.members.get_mut(&key).ok_or_else(Problem::not_found)
}

/// Whether the path's last segment and the body's address identify the same member.
fn names(named: &str, email: &str, known: Option<&Member>) -> bool {
    named.eq_ignore_ascii_case(&hash(email))
        || (named.contains('@') && named.to_lowercase() == email.to_lowercase())
        || known.is_some_and(|member| member.contact_id() == named)
}

fn mismatch() -> Problem {
    Problem::invalid_field("email_address", "The email address is not that of the member in the path.")
}

/// Unsubscribed by the contact, or bounced: the API cannot subscribe them again.
fn is_out(member: &Member) -> bool {
    member.opted_out || member.status == Status::Cleaned
}

/// Whether Mailchimp accepts an address.
fn admit(email: &str, verdict: Option<Verdict>) -> Result<(), Problem> {
    match verdict {
        Some(Verdict::Fake) => Err(Problem::fake(email)),
        Some(Verdict::Busy) => Err(Problem::busy(email)),
        Some(Verdict::Forgotten) => Err(Problem::forgotten(email)),
        Some(Verdict::Exists) | None => Ok(()),
    }
}

fn added(
    audience: &Audience,
    mut member: Member,
    written: &Written,
    verdict: Option<Verdict>,
    request: &Request,
) -> Result<Member, Problem> {
    admit(&member.email, verdict)?;
    let nothing = Map::new();
    let given = written.merge_fields.as_ref().unwrap_or(&nothing);
    member.merge_fields = body::merge(&audience.merge_fields, &nothing, given, written.lenient)?;
    write_plain(&mut member, written);
    member.note(request, "added", true, None);
    if member.status == Status::Pending {
        member.note(request, "confirmation_sent", true, None);
    }
    Ok(member)
}

fn updated(
    audience: &Audience,
    mut member: Member,
    written: &Written,
    verdict: Option<Verdict>,
    request: &Request,
) -> Result<Member, Problem> {
    let before = member.clone();
    let status = written.status.unwrap_or(before.status);
    if status != before.status {
        if status == Status::Subscribed && is_out(&before) {
            return Err(Problem::compliance(&before.email));
        }
        if matches!(status, Status::Subscribed | Status::Pending) {
            admit(&before.email, verdict)?;
        }
    }
    if let Some(given) = &written.merge_fields {
        member.merge_fields =
            body::merge(&audience.merge_fields, &before.merge_fields, given, written.lenient)?;
    }
    write_plain(&mut member, written);
    member.status = status;
    let changed = member.status != before.status
        || member.merge_fields != before.merge_fields
        || (&member.language, &member.email_type, member.vip)
            != (&before.language, &before.email_type, before.vip);
    member.note(request, "updated", changed, None);
    if status == Status::Pending && before.status != Status::Pending {
        member.note(request, "confirmation_sent", true, None);
    }
    Ok(member)
}

fn write_plain(member: &mut Member, written: &Written) {
    if let Some(language) = &written.language {
        member.language.clone_from(language);
    }
    if let Some(email_type) = &written.email_type {
        member.email_type.clone_from(email_type);
    }
    member.vip = written.vip.unwrap_or(member.vip);
}

/// A member in the API's form, with every merge field of the audience, empty if it has no value.
fn show(audience: &Audience, member: &Member) -> Value {
    let merge_fields: Map<String, Value> = audience
        .merge_fields
        .iter()
        .map(|field| {
            (field.tag.clone(), member.merge_fields.get(&field.tag).cloned().unwrap_or_else(|| json!("")))
        })
        .collect();
    let name = |tag: &str| merge_fields.get(tag).and_then(Value::as_str).unwrap_or_default().to_owned();
    let full_name = format!("{} {}", name("FNAME"), name("LNAME"));
    let tags: Vec<Value> =
        member.tags.keys().map(|tag| json!({ "id": audience.tags.get(tag), "name": tag })).collect();
    let joined = member.joined.strftime(super::TIME).to_string();
    json!({
        "id": member.hash,
        "email_address": member.email,
        "unique_email_id": &member.hash[..10],
        "contact_id": member.contact_id(),
        "full_name": full_name.trim(),
        "web_id": member.number,
        "email_type": member.email_type,
        "status": member.status,
        "consents_to_one_to_one_messaging": true,
        "merge_fields": merge_fields,
        "interests": {},
        "stats": { "avg_open_rate": 0, "avg_click_rate": 0 },
        "ip_signup": "",
        "timestamp_signup": if member.status == Status::Pending { joined.clone() } else { String::new() },
        "ip_opt": "",
        "timestamp_opt": if member.status == Status::Pending { String::new() } else { joined },
        "member_rating": 2,
        "last_changed": member.last_changed.strftime(super::TIME).to_string(),
        "language": member.language,
        "vip": member.vip,
        "email_client": "",
        "location": {
            "latitude": 0, "longitude": 0, "gmtoff": 0, "dstoff": 0, "country_code": "", "timezone": "", "region": ""
        },
        "source": "API - Generic",
        "tags_count": tags.len(),
        "tags": tags,
        "list_id": audience.id,
    })
}
