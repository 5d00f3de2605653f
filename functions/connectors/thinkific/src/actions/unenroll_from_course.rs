//! Unenroll from Course: the contact has no access to the course.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{id, no_account, not_found};
use crate::client::{Client, Terms};
use crate::error::{Case, Failure};

/// Thinkific has one enrollment per course, regardless of how many purchases or bundles granted it.
const ENDED: &str = "Access to the course has ended, including access from a bundle or another purchase.";

/// Ends the contact's enrollments, including free trials. They are not deleted: Thinkific has no call for that, and it
/// keeps the contact's progress for a later enrollment.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let course = id(call, "course_id")?;
    let Some(user) = client.user(&call.job.contact.email).await? else { return Ok(no_account()) };
    let now = client.now();
    let found = client.enrollments(user.id, course).await?;
    let (mut ended, mut missed) = (false, false);
    for enrollment in found.iter().filter(|enrollment| !enrollment.ended(now)) {
        match client.update(enrollment.id, &Terms::over(now)).await {
            Ok(()) => ended = true,
            Err(failure) if failure.is(&Case::NotFound) => missed = true,
            Err(failure) => return Err(failure),
        }
    }
    let left = if missed { client.enrollments(user.id, course).await? } else { found };
    if missed && left.iter().any(|enrollment| !enrollment.ended(now)) {
        return Ok(not_found());
    }
    Ok(if ended {
        Outcome::Done { note: Some(ENDED.to_owned()) }
    } else if left.is_empty() {
        Outcome::already("The contact is not enrolled in the course.")
    } else {
        Outcome::already("The contact's enrollment in the course has ended.")
    })
}
