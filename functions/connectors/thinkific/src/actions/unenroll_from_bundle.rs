//! Unenroll from Bundle: the contact has no access to the bundle and its courses.

use connector::call::Call;
use domain::outcome::Outcome;

use super::{id, no_account, not_found, unknown_bundle};
use crate::client::{Client, Terms};
use crate::error::{Case, Failure};

/// Ends the contact's enrollments in the bundle and each of its courses.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let bundle = id(call, "bundle_id")?;
    let Some(user) = client.user(&call.job.contact.email).await? else { return Ok(no_account()) };
    match revoke(client, user.id, bundle).await {
        Err(failure) if failure.is(&Case::NotFound) => Ok(unknown_bundle()),
        other => other,
    }
}

async fn revoke(client: &Client<'_>, user: u64, bundle: u64) -> Result<Outcome, Failure> {
    if let Some(ended) = nothing_open(client, user, bundle).await? {
        return Ok(ended);
    }
    match client.update_bundle(user, bundle, &Terms::over(client.now())).await {
        Ok(()) => Ok(Outcome::DONE),
        // The bundle was not found, or the contact's enrollments in it.
        Err(failure) if failure.is(&Case::NotFound) => {
            Ok(nothing_open(client, user, bundle).await?.unwrap_or_else(not_found))
        }
        Err(failure) => Err(failure),
    }
}

/// The outcome if the contact has no open enrollment in the bundle.
async fn nothing_open(client: &Client<'_>, user: u64, bundle: u64) -> Result<Option<Outcome>, Failure> {
    let found = client.bundle_enrollments(user, bundle).await?;
    let open = found.iter().any(|enrollment| !enrollment.ended(client.now()));
    Ok(if found.is_empty() {
        Some(Outcome::already("The contact is not enrolled in the bundle."))
    } else {
        (!open).then(|| Outcome::already("The contact's enrollment in the bundle has ended."))
    })
}
