//! Unenroll from Bundle: the contact has no access to the bundle and its courses.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{id, no_account, unknown_bundle};
use crate::client::{Client, Terms};
use crate::error::Error;

/// Ends the contact's enrollments in the bundle and each of its courses.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let bundle = id(call, "bundle_id")?;
    let Some(user) = client.user(&call.job.contact.email).await? else { return Ok(no_account()) };
    match revoke(client, user.id, bundle).await {
        Err(Error::NotFound) => Ok(unknown_bundle()),
        other => other,
    }
}

async fn revoke(client: &Client<'_>, user: u64, bundle: u64) -> Result<Outcome, Error> {
    let now = client.now();
    let found = client.bundle_enrollments(user, bundle).await?;
    if found.is_empty() {
        return Ok(Outcome::already("The contact is not enrolled in the bundle."));
    }
    if found.iter().all(|enrollment| enrollment.ended(now)) {
        return Ok(Outcome::already("The contact's enrollment in the bundle has ended."));
    }
    client.update_bundle(user, bundle, &Terms::over(now)).await?;
    Ok(Outcome::DONE)
}
