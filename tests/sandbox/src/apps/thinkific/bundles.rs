//! Enrollments in bundles. The documents do not define a bundle's enrollments; here they are the enrollments in its
//! courses, however they were created, because this finds a client that takes a part for the whole.
use axum::http::StatusCode;
use serde_json::json;

use super::Answer;
use super::body::{Fields, Terms, page, queried};
use super::enrollments::enroll;
use super::refused::Refused;
use super::site::{Bundle, Enrollment, Site};
use crate::exchange::{Reply, Request};

/// `GET /bundles/{id}`.
pub(super) fn one(site: &Site, id: u64) -> Answer {
    let bundle = bundle(site, id)?;
    let shown = json!({ "id": id, "name": bundle.name, "description": null, "course_ids": bundle.courses });
    Ok(Reply::json(StatusCode::OK, &shown))
}

/// `GET /bundles/{id}/enrollments`, narrowed by `query[user_id]`.
pub(super) fn search(site: &Site, request: &Request, id: u64) -> Answer {
    let bundle = bundle(site, id)?;
    let user = queried(request, "query[user_id]");
    let wanted = |enrollment: &Enrollment| {
        bundle.courses.contains(&enrollment.course) && user.is_none_or(|id| id == enrollment.user)
    };
    let found = site.enrollments.iter().filter(|(_, enrollment)| wanted(enrollment));
    let found = found.map(|(id, enrollment)| site.enrollment(*id, enrollment, request.at));
    Ok(page(request, found.collect()))
}

/// `POST /bundles/{id}/enrollments`: enrolls in the courses in which the user is not enrolled.
pub(super) fn create(site: &mut Site, request: &Request, id: u64) -> Answer {
    let bundle = bundle(site, id)?.clone();
    let fields = Fields::read(request);
    let (user, terms) = (user(site, &fields)?, Terms::read(&fields)?);
    for course in bundle.courses {
        if site.enrolled(user, course).is_none() {
            enroll(site, request, user, course, &terms);
        }
    }
    Ok(Reply::empty(if bundle.asynchronous { StatusCode::ACCEPTED } else { StatusCode::CREATED }))
}

/// `PUT /bundles/{id}/enrollments`: updates the existing enrollments. For a user without any, nothing is documented;
/// here it is a 404.
pub(super) fn update(site: &mut Site, request: &Request, id: u64) -> Answer {
    let courses = bundle(site, id)?.courses.clone();
    let fields = Fields::read(request);
    let (user, terms) = (user(site, &fields)?, Terms::read(&fields)?);
    let mut found = false;
    for enrollment in site.enrollments.values_mut() {
        if enrollment.user == user && courses.contains(&enrollment.course) {
            enrollment.update(request, &terms);
            found = true;
        }
    }
    if found { Ok(Reply::empty(StatusCode::NO_CONTENT)) } else { Err(Refused::NotFound) }
}

fn bundle(site: &Site, id: u64) -> Result<&Bundle, Refused> {
    site.bundles.get(&id).ok_or(Refused::NotFound)
}

fn user(site: &Site, fields: &Fields) -> Result<u64, Refused> {
    let user = fields.id("user_id").ok_or(Refused::Fields(vec![("user_id", "can't be blank")]))?;
    let known = site.users.contains_key(&user);
    known.then_some(user).ok_or(Refused::Sentences(vec!["User could not be found."]))
}
