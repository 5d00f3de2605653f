//! Revoke Offer: the contact does not have the offer.

use connector::call::Call;
use domain::outcome::Outcome;

use crate::Account;
use crate::client::Search;
use crate::error::Failure;

/// Revokes the offer. Where the first search finds nobody a second one looks in another way, because a contact who is
/// overlooked keeps what they gave back.
pub async fn perform(account: &Account<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let (offer, contact) = (call.setting("offer_id")?, &call.job.contact);
    match account {
        Account::Api(client) => {
            let site = client.site_of(offer).await?;
            for search in [Search::Fuzzy, Search::Contains] {
                if let Some(id) = client.contact(&site, &contact.email, search).await? {
                    client.revoke(&id, offer).await?;
                    return Ok(Outcome::DONE);
                }
            }
            Ok(Outcome::already("The contact is not in Kajabi, so has no offer there."))
        }
        Account::Offer(activation) => activation.deactivate(offer, contact).await,
    }
}
