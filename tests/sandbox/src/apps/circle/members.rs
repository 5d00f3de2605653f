//! Members and their memberships.
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::community::{Community, Kind, Member};
use super::form::Form;
use super::problem::Problem;
use crate::exchange::{Reply, Request};

type Answer = Result<Reply, Problem>;

/// `POST /community_members`: invites. An existing member gets the same status, without a member in the body.
pub(super) fn invite(community: &mut Community, request: &Request) -> Answer {
    let form = Form::body(request, &["email", "name", "skip_invitation"])?;
    let email = form.required("email")?.trim();
    let name = form.text("name")?.map(str::to_owned);
    form.flag("skip_invitation")?;
    let domain = domain(email).ok_or_else(|| Problem::refused("Invalid email address."))?;
    if community.blocked_domains.contains(&domain) {
        return Err(Problem::refused("Invalid email address."));
    }
    if let Some(member) = community.member(email) {
        member.note(request, "invited", false, None);
        return Ok(said(StatusCode::CREATED, "This user is already a member of this community."));
    }
    let members = community.members.values().filter(|member| !member.deactivated).count();
    if community.member_limit.is_some_and(|limit| members >= limit) {
        return Err(Problem::member_limit());
    }
    community.invitations_left = match community.invitations_left {
        Some(left) => Some(left.checked_sub(1).ok_or_else(Problem::daily_limit)?),
        None => None,
    };
    let id = community.next_id();
    let invited = || Member::new(id, email, request.at);
    let member = community.members.entry(email.to_lowercase()).or_insert_with(invited);
    member.deactivated = false;
    member.name = name.or_else(|| member.name.take());
    member.note(request, "invited", true, None);
    let message = "This user has been invited to the community.";
    Ok(Reply::json(StatusCode::CREATED, &json!({ "message": message, "community_member": show(member) })))
}

/// `GET /community_members/search`: the member, not a list.
pub(super) fn search(community: &mut Community, request: &Request) -> Answer {
    let form = Form::query(request, &["email"])?;
    let member = community.member(form.required("email")?);
    let member = member.ok_or_else(|| Problem::missing("community member"))?;
    Ok(Reply::json(StatusCode::OK, &show(member)))
}

/// `DELETE /community_members/{id}`: deactivates.
pub(super) fn deactivate(community: &mut Community, request: &Request, id: &str) -> Answer {
    let member =
        community.members.values_mut().find(|member| member.id.to_string() == id && !member.deactivated);
    let member = member.ok_or_else(|| Problem::missing("community member"))?;
    if member.subscribed {
        return Err(Problem::refused(
            "An error occurred trying to cancel the subscription(s) so the account couldn't be deactivated. Please \
             contact us at support@circle.so",
        ));
    }
    member.deactivated = true;
    member.within.clear();
    member.note(request, "deactivated", true, None);
    Ok(said(StatusCode::OK, "The community member has been removed from the community."))
}

/// `POST /space_members` and the other memberships.
pub(super) fn join(community: &mut Community, request: &Request, kind: Kind) -> Answer {
    let form = Form::body(request, &kind.fields())?;
    let (member, id) = found(community, &form, kind)?;
    let fresh = member.within.entry(kind).or_default().insert(id);
    member.note(request, kind.changes()[0], fresh, Some(id));
    Ok(match (kind, fresh) {
        (Kind::Space, _) => said(StatusCode::OK, "User added to space"),
        (Kind::SpaceGroup, true) => succeeded("User has been added to the space group."),
        (Kind::SpaceGroup, false) => succeeded("User is already added to the space group."),
        (Kind::Event, _) => said(StatusCode::OK, "RSVP'd to the event."),
        (Kind::Tag, _) => said(StatusCode::CREATED, "Person tagged successfully!"),
    })
}

/// `DELETE /space_members` and the other memberships. A member who leaves a group leaves its spaces.
pub(super) fn leave(community: &mut Community, request: &Request, kind: Kind) -> Answer {
    let form = match kind {
        Kind::Event => Form::body(request, &kind.fields())?,
        Kind::Space | Kind::SpaceGroup | Kind::Tag => Form::query(request, &kind.fields())?,
    };
    let spaces: Vec<(u64, Option<u64>)> =
        community.of(Kind::Space).map(|(space, thing)| (space, thing.parent)).collect();
    let (member, id) = found(community, &form, kind)?;
    let was = member.within.get_mut(&kind).is_some_and(|ids| ids.remove(&id));
    member.note(request, kind.changes()[1], was, Some(id));
    if !was {
        return Err(Problem::missing(kind.records()[2]));
    }
    Ok(match kind {
        Kind::Space => said(StatusCode::OK, "Member removed from space"),
        Kind::SpaceGroup => {
            for (space, _) in spaces.iter().filter(|(_, group)| *group == Some(id)) {
                if member.within.get_mut(&Kind::Space).is_some_and(|ids| ids.remove(space)) {
                    member.note(request, Kind::Space.changes()[1], true, Some(*space));
                }
            }
            succeeded("User removed from the space group and its spaces")
        }
        Kind::Event => said(StatusCode::OK, "Un-RSVP successful from the event"),
        Kind::Tag => said(StatusCode::OK, "Tag has been removed"),
    })
}

/// The member, and the id of the target.
fn found<'a>(
    community: &'a mut Community,
    form: &Form,
    kind: Kind,
) -> Result<(&'a mut Member, u64), Problem> {
    let ([email, id], [record, person, _]) = (kind.fields(), kind.records());
    let email = form.required(email)?.to_owned();
    let id = match kind {
        // An event's id is a text.
        Kind::Event => form.required(id)?.parse().map_err(|_| Problem::missing(record))?,
        Kind::Space | Kind::SpaceGroup | Kind::Tag => {
            form.number(id)?.ok_or_else(|| Problem::field(id, "can't be blank"))?
        }
    };
    if !community.things.contains_key(&(kind, id)) {
        return Err(Problem::missing(record));
    }
    let known = community.members.contains_key(&email.trim().to_lowercase());
    match community.member(&email) {
        Some(member) => Ok((member, id)),
        // Circle still has the person as a user.
        None if known && kind == Kind::SpaceGroup => {
            Err(Problem::refused("User is not a member of community"))
        }
        None => Err(Problem::missing(person)),
    }
}

fn said(status: StatusCode, message: &str) -> Reply {
    Reply::json(status, &json!({ "message": message }))
}

fn succeeded(message: &str) -> Reply {
    Reply::json(StatusCode::OK, &json!({ "success": true, "message": message }))
}

fn show(member: &Member) -> Value {
    let name = member.name.as_deref().unwrap_or_default();
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    json!({
        "id": member.id,
        "email": member.email,
        "name": member.name,
        "first_name": first,
        "last_name": last,
        "community_id": 1,
        "user_id": member.id,
        "active": false,
        "accepted_invitation": "",
        "created_at": member.joined.to_string(),
        "member_tags": member.ids(Kind::Tag).iter().map(|id| json!({ "id": id })).collect::<Vec<_>>(),
    })
}

/// The part after the `@`, in lower case, if the text can be an address.
fn domain(email: &str) -> Option<String> {
    let (local, domain) = email.split_once('@')?;
    let plain =
        |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "@,;".contains(c));
    (plain(local) && plain(domain) && domain.contains('.')).then(|| domain.to_lowercase())
}
