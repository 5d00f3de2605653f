//! Enroll in Bundle: the contact has full access to the bundle and each of its courses.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{Student, enrolled, has_access, id, not_found, renewed, student, unknown_bundle};
use crate::client::{Client, Enrollment, Terms};
use crate::error::{Case, Failure};

/// Enrolls the contact. Enrollments that ended, have an end or are free trials become full and without an end. Other
/// enrollments are not changed.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let bundle = id(call, "bundle_id")?;
    let student = student(client, call).await?;
    Ok(student.noted(match grant(client, &student, bundle).await {
        Err(failure) if failure.is(&Case::NotFound) => Ok(unknown_bundle()),
        other => other,
    }))
}

async fn grant(client: &Client<'_>, student: &Student, bundle: u64) -> Result<Outcome, Failure> {
    let now = client.now();
    let found =
        if student.is_new { Vec::new() } else { client.bundle_enrollments(student.id, bundle).await? };
    let is_whole = !found.is_empty() && covers(&found, &client.bundle_courses(bundle).await?);
    let granted = if is_whole {
        has_access("bundle")
    } else if client.enroll_in_bundle(student.id, bundle, &Terms::fresh(now)).await? {
        enrolled(student)
    } else {
        under_way()
    };
    let partial: Vec<&Enrollment> = found.iter().filter(|enrollment| !enrollment.endless(now)).collect();
    let terms: Vec<Terms> = partial.iter().map(|enrollment| Terms::renewed(now, enrollment)).collect();
    let Some(first) = terms.first() else { return Ok(granted) };
    // The bundle's own call changes every course of the bundle.
    let alike = is_whole && partial.len() == found.len() && terms.iter().all(|terms| terms == first);
    let written = if alike {
        client.update_bundle(student.id, bundle, first).await
    } else {
        update_each(client, &partial, &terms).await
    };
    match written {
        Ok(()) => Ok(renewed(now, &partial)),
        // The enrollments were just read, so one of them was removed.
        Err(failure) if failure.is(&Case::NotFound) => Ok(not_found()),
        Err(failure) => Err(failure),
    }
}

async fn update_each(client: &Client<'_>, found: &[&Enrollment], terms: &[Terms]) -> Result<(), Failure> {
    for (enrollment, terms) in found.iter().zip(terms) {
        client.update(enrollment.id, terms).await?;
    }
    Ok(())
}

/// Whether these enrollments cover the whole bundle. Thinkific does not document whether it lists one enrollment for
/// the bundle or one for each course; in the second case a course that was bought separately must not count as the
/// bundle.
fn covers(found: &[Enrollment], courses: &[u64]) -> bool {
    let has = |course: &u64| found.iter().any(|enrollment| enrollment.course_id == Some(*course));
    let of_bundle =
        |enrollment: &Enrollment| enrollment.course_id.is_none_or(|course| !courses.contains(&course));
    courses.iter().all(has) || found.iter().any(of_bundle)
}

fn under_way() -> Outcome {
    Outcome::Done { note: Some("Thinkific is enrolling the contact in the bundle's courses.".to_owned()) }
}
