//! Grant Offer: the contact has the offer, and is a contact of the offer's site.

use connector::call::Call;
use domain::job::Contact;
use domain::outcome::Outcome;

use crate::Account;
use crate::client::{Client, Search};
use crate::error::Error;

/// Grants the offer to the contact, whom Kajabi may not know yet.
pub async fn perform(account: &Account<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let (offer, contact) = (call.setting("offer_id")?, &call.job.contact);
    let welcome = call.job.settings.flag("send_welcome_email");
    match account {
        Account::Api(client) => {
            let site = client.site_of(offer).await?;
            let id = match client.contact(&site, &contact.email, Search::Fuzzy).await? {
                Some(id) => id,
                None => create(client, &site, contact).await?,
            };
            client.grant(&id, offer, welcome).await?;
            Ok(Outcome::DONE)
        }
        Account::Offer(activation) => activation.activate(offer, contact, welcome).await,
    }
}

/// A refusal may mean that the contact is there: another job was quicker, or the search did not find them. Kajabi does
/// not document the words for it, so the contact is looked for once more, in the other way.
async fn create(client: &Client<'_>, site: &str, contact: &Contact) -> Result<String, Error> {
    match client.create(site, contact).await {
        Err(refused @ Error::Unprocessable { .. }) => {
            client.contact(site, &contact.email, Search::Contains).await?.ok_or(refused)
        }
        created => created,
    }
}
