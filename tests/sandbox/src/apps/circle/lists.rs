//! The lists of the community, and new tags.
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::community::{Community, Kind, Thing};
use super::form::Form;
use super::problem::Problem;
use crate::exchange::{Reply, Request};

type Answer = Result<Reply, Problem>;

/// The maximum page size.
const MOST: u64 = 100;

/// `GET /community`.
pub(super) fn community(community: &Community) -> Reply {
    let body = json!({
        "id": 1,
        "name": community.name,
        "slug": community.slug,
        "locale": "en",
        "is_private": true,
        "white_label": false,
    });
    Reply::json(StatusCode::OK, &body)
}

/// `GET /spaces`, `/space_groups`, `/events` and `/member_tags`, page by page.
pub(super) fn all(community: &Community, request: &Request, kind: Kind) -> Answer {
    let named = matches!(kind, Kind::SpaceGroup | Kind::Tag);
    let known = if named { &["page", "per_page", "name"][..] } else { &["page", "per_page"] };
    let form = Form::query(request, known)?;
    let number = form.number("page")?.unwrap_or(1).max(1);
    let size = form.number("per_page")?.unwrap_or(10).clamp(1, MOST);
    let part = request.query("name").unwrap_or_default().to_lowercase();
    let things = community.of(kind).filter(|(_, thing)| thing.name.to_lowercase().contains(&part));
    let shown: Vec<Value> = things.map(|(id, thing)| show(community, kind, id, thing)).collect();
    let pages = shown.chunks(usize::try_from(size).unwrap_or(usize::MAX));
    let (count, page_count) = (shown.len(), pages.len());
    let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
    let records = pages.clone().nth(index).unwrap_or_default();
    let body = json!({
        "page": number,
        "per_page": size,
        "has_next_page": index.saturating_add(1) < page_count,
        "count": count,
        "page_count": page_count,
        "records": records,
    });
    Ok(Reply::json(StatusCode::OK, &body))
}

/// `POST /member_tags`.
pub(super) fn create_tag(community: &mut Community, request: &Request) -> Answer {
    let form = Form::body(request, &["name", "is_public"])?;
    let name = form.text("name")?.map(str::trim).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Problem::tag_not_saved("can't be blank"))?;
    let public = form.flag("is_public")?.unwrap_or(true);
    if community.of(Kind::Tag).any(|(_, tag)| tag.name == name) {
        return Err(Problem::tag_not_saved("has already been taken"));
    }
    let id = community.next_id();
    let tag = Thing { public, ..Thing::named(name) };
    let reply = Reply::json(StatusCode::CREATED, &show(community, Kind::Tag, id, &tag));
    community.things.insert((Kind::Tag, id), tag);
    Ok(reply)
}

fn show(community: &Community, kind: Kind, id: u64, thing: &Thing) -> Value {
    let within = |kind| {
        let parent = thing.parent?;
        let name = &community.things.get(&(kind, parent))?.name;
        Some(json!({ "id": parent, "name": name }))
    };
    let slug = thing.name.to_lowercase().replace(' ', "-");
    let url = format!("https://{}.circle.so/c/{slug}", community.slug);
    match kind {
        Kind::Space => json!({
            "id": id, "name": thing.name, "slug": slug, "community_id": 1, "space_type": "basic",
            "is_private": false, "post_ids": [], "url": url, "space_group": within(Kind::SpaceGroup),
        }),
        Kind::SpaceGroup => json!({
            "id": id, "name": thing.name, "slug": slug, "community_id": 1, "is_hidden_from_non_members": false,
            "spaces_count": community.of(Kind::Space).filter(|(_, space)| space.parent == Some(id)).count(),
        }),
        Kind::Event => json!({
            "id": id, "name": thing.name, "slug": slug, "starts_at": thing.starts_at, "location_type": "virtual",
            "rsvp_disabled": false, "space": within(Kind::Space), "url": url,
        }),
        Kind::Tag => json!({
            "id": id, "name": thing.name, "is_public": thing.public, "display_format": "label", "emoji": null,
            "tagged_members_count":
                community.members.values().filter(|member| member.ids(Kind::Tag).contains(&id)).count(),
        }),
    }
}
