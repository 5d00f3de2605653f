//! Enroll in Course: the contact has full access to the course.

use connector::call::Call;
use domain::outcome::{Outcome, Setback};

use super::{Student, enrolled, has_access, id, renewed, student};
use crate::client::{Client, Terms};
use crate::error::{Case, Failure};

/// Enrolls the contact, or makes the existing enrollment full and without an end: a purchase gives permanent access,
/// even if an earlier enrollment has an end.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let course = id(call, "course_id")?;
    let student = student(client, call).await?;
    Ok(student.noted(grant(client, &student, course).await))
}

async fn grant(client: &Client<'_>, student: &Student, course: u64) -> Result<Outcome, Failure> {
    let now = client.now();
    let found = if student.is_new { Vec::new() } else { client.enrollments(student.id, course).await? };
    if found.iter().any(|enrollment| enrollment.endless(now)) {
        return Ok(has_access("course"));
    }
    let Some(before) = found.iter().find(|enrollment| enrollment.full(now)).or(found.first()) else {
        client.enroll(student.id, course, &Terms::fresh(now)).await?;
        return Ok(enrolled(student));
    };
    match client.update(before.id, &Terms::renewed(now, before)).await {
        Ok(()) => Ok(renewed(now, &[before])),
        Err(failure) if failure.is(&Case::NotFound) => {
            let message = "The contact's old enrollment has since been removed from Thinkific.";
            Ok(Setback::precondition_missing(message).into())
        }
        Err(failure) => Err(failure),
    }
}
