//! Enrollments in courses.
use axum::http::StatusCode;

use super::Answer;
use super::body::{Fields, Terms, page, queried};
use super::refused::Refused;
use super::site::{Enrollment, Site};
use crate::exchange::{Reply, Request};

/// `GET /enrollments`, narrowed by `query[user_id]`, `query[course_id]` and `query[email]`.
#[expect(clippy::unnecessary_wraps, reason = "one of several that the router chooses from")]
pub(super) fn search(site: &Site, request: &Request) -> Answer {
    let (user, course) = (queried(request, "query[user_id]"), queried(request, "query[course_id]"));
    let of_email = request.query("query[email]").map(|email| site.user(&email));
    let wanted = |enrollment: &Enrollment| {
        user.is_none_or(|id| id == enrollment.user)
            && course.is_none_or(|id| id == enrollment.course)
            && of_email.is_none_or(|id| id == Some(enrollment.user))
    };
    let found = site.enrollments.iter().filter(|(_, enrollment)| wanted(enrollment));
    let found = found.map(|(id, enrollment)| site.enrollment(*id, enrollment, request.at));
    Ok(page(request, found.collect()))
}

/// `POST /enrollments`. A second enrollment of a user in a course is not documented; here it is rejected.
pub(super) fn create(site: &mut Site, request: &Request) -> Answer {
    let fields = Fields::read(request);
    let terms = Terms::read(&fields)?;
    let course = fields.id("course_id").filter(|id| site.courses.contains_key(id));
    let user = fields.id("user_id").filter(|id| site.users.contains_key(id));
    let (Some(course), Some(user)) = (course, user) else {
        let missing = [
            course.is_none().then_some("Course could not be found."),
            user.is_none().then_some("User could not be found."),
        ];
        return Err(Refused::Sentences(missing.into_iter().flatten().collect()));
    };
    if site.enrolled(user, course).is_some() {
        return Err(Refused::Sentences(vec!["User is already enrolled in this course."]));
    }
    let id = enroll(site, request, user, course, &terms);
    let shown = site.enrollments.get(&id).map(|made| site.enrollment(id, made, request.at));
    Ok(Reply::json(StatusCode::CREATED, &shown.unwrap_or_default()))
}

/// `PUT /enrollments/{id}`. A body is required; an empty one is rejected, which the vendor may not do.
pub(super) fn update(site: &mut Site, request: &Request, id: u64) -> Answer {
    let enrollment = site.enrollments.get_mut(&id).ok_or(Refused::NotFound)?;
    let terms = Terms::read(&Fields::read(request))?;
    if terms.activated_at.is_none() && terms.expiry_date.is_none() {
        return Err(Refused::Fields(vec![("expiry_date", "can't be blank")]));
    }
    enrollment.update(request, &terms);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Creates an enrollment, which must not exist.
pub(super) fn enroll(site: &mut Site, request: &Request, user: u64, course: u64, terms: &Terms) -> u64 {
    let mut enrollment = Enrollment::new(user, course, terms, request.at);
    enrollment.history.note(request, "enrolled", true, None);
    site.add_enrollment(enrollment)
}
