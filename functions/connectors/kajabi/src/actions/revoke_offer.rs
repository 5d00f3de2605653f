//! Revoke Offer: the contact does not have the offer.

use connector::call::Call;
use domain::outcome::Outcome;

use crate::Account;
use crate::error::Failure;

/// Revokes the offer.
pub async fn perform(account: &Account<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let (offer, contact) = (call.setting("offer_id")?, &call.job.contact);
    match account {
        Account::Api(client) => {
            let site = client.site_of(offer).await?;
            let Some(id) = client.contact(&site, &contact.email).await? else {
                return Ok(Outcome::already("The contact is not in Kajabi, so there is no offer to revoke."));
            };
            client.revoke(&id, offer).await?;
            Ok(Outcome::DONE)
        }
        Account::Offer(activation) => activation.deactivate(offer, contact).await,
    }
}
