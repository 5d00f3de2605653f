//! Unenroll from Course: the contact has no access to the course.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{id, no_account};
use crate::client::{Client, Enrollment, Terms};
use crate::error::Error;

/// Ends the contact's enrollment, a free trial too. It is not deleted: Thinkific has no call for that, and progress is
/// kept for when they come back.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let course = id(call, "course_id")?;
    let Some(user) = client.user(&call.job.contact.email).await? else { return Ok(no_account()) };
    let now = client.now();
    let found = client.enrollments(user.id, course).await?;
    let open: Vec<&Enrollment> = found.iter().filter(|enrollment| !enrollment.ended(now)).collect();
    if open.is_empty() {
        return Ok(Outcome::already(if found.is_empty() {
            "The contact is not enrolled in the course."
        } else {
            "The contact's enrollment in the course has ended."
        }));
    }
    for enrollment in open {
        match client.update(enrollment.id, &Terms::over(now)).await {
            // Somebody else was quicker.
            Ok(()) | Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Outcome::DONE)
}
