//! Grant Offer: the contact has the offer and is a contact of the offer's site.

use connector::call::Call;
use connector::failure::{LeftOut, leaving_out};
use domain::job::Contact;
use domain::outcome::Outcome;

use crate::Account;
use crate::client::Client;
use crate::error::{Case, Failure};

/// Grants the offer to the contact, who is created if Kajabi has no such contact.
pub async fn perform(account: &Account<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let (offer, contact) = (call.setting("offer_id")?, &call.job.contact);
    let welcome = call.job.settings.flag("send_welcome_email");
    match account {
        Account::Api(client) => {
            let site = client.site_of(offer).await?;
            let (id, left_out) = match client.contact(&site, &contact.email).await? {
                Some(id) => (id, LeftOut::default()),
                None => create(client, &site, contact).await?,
            };
            let granted = client.grant(&id, offer, welcome).await;
            Ok(left_out.noted(granted.map_or_else(Outcome::from, |()| Outcome::DONE)))
        }
        Account::Offer(activation) => activation.activate(offer, contact, welcome).await,
    }
}

/// A rejection may mean that another job created the contact first. Kajabi does not document the error text, so the
/// contact is looked up once more.
async fn create(client: &Client<'_>, site: &str, contact: &Contact) -> Result<(String, LeftOut), Failure> {
    let create = |left_out| async move { client.create(site, contact, &left_out).await };
    match leaving_out(|field| field == "name", create).await {
        Err(rejected) if rejected.is(&Case::Unprocessable) => {
            let found = client.contact(site, &contact.email).await?;
            Ok((found.ok_or(rejected)?, LeftOut::default()))
        }
        created => created,
    }
}
