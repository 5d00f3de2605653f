//! Enroll in Bundle: the contact has full access to the bundle and each of its courses.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{Student, enrolled, has_access, id, not_found, renewed, student, unknown_bundle};
use crate::client::{Client, Enrollment, Terms};
use crate::error::{Case, Failure};

/// Enrolls the contact, or makes the enrollments that they have full ones without an end.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let bundle = id(call, "bundle_id")?;
    let student = student(client, call).await?;
    match grant(client, &student, bundle).await {
        Err(failure) if failure.is(&Case::NotFound) => Ok(unknown_bundle()),
        other => other,
    }
}

async fn grant(client: &Client<'_>, student: &Student, bundle: u64) -> Result<Outcome, Failure> {
    let now = client.now();
    let found = if student.created.is_some() {
        Vec::new()
    } else {
        client.bundle_enrollments(student.id, bundle).await?
    };
    let partial: Vec<&Enrollment> = found.iter().filter(|enrollment| !enrollment.endless(now)).collect();
    let mut granted = has_access("bundle");
    if found.is_empty() || !covers(&found, &client.bundle_courses(bundle).await?) {
        let done = client.enroll_in_bundle(student.id, bundle, &Terms::fresh(now)).await?;
        granted = if done { enrolled(student) } else { under_way() };
    }
    if partial.is_empty() {
        return Ok(granted);
    }
    let terms = Terms::renewed(now, &partial);
    match client.update_bundle(student.id, bundle, &terms).await {
        Ok(()) => Ok(renewed(now, &partial, &terms)),
        // The bundle was read a moment ago, so an enrollment is missing.
        Err(failure) if failure.is(&Case::NotFound) => Ok(not_found()),
        Err(failure) => Err(failure),
    }
}

/// Whether these enrollments are the whole bundle's. It is not documented whether Thinkific lists one for the bundle or
/// one for each course; in the second case a course that somebody bought by itself must not pass for the bundle.
fn covers(found: &[Enrollment], courses: &[u64]) -> bool {
    let has = |course: &u64| found.iter().any(|enrollment| enrollment.course_id == Some(*course));
    let of_bundle =
        |enrollment: &Enrollment| enrollment.course_id.is_none_or(|course| !courses.contains(&course));
    courses.iter().all(has) || found.iter().any(of_bundle)
}

fn under_way() -> Outcome {
    Outcome::Done { note: Some("Thinkific is enrolling the contact in the bundle's courses.".to_owned()) }
}
