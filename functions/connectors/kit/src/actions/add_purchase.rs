//! Add Purchase To ConvertKit: what was paid stands with the contact as a purchase.

use connector::call::Call;
use domain::outcome::{Outcome, Setback};

use crate::client::Client;
use crate::error::Error;
use crate::purchase::Purchase;

/// Records the purchase.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Error> {
    let Some(purchase) = Purchase::of(call.job) else {
        let message = format!("{} tells of no purchase.", call.job.trigger.label());
        let hint = "Edit the rule and choose Product Purchased or Subscription Charged.";
        return Ok(Setback::rejected(message, hint).into());
    };
    match client.purchase(&purchase).await {
        Ok(()) => Ok(Outcome::DONE),
        // Nothing is documented for a transaction that Kit knows; should it say so, the purchase is there.
        Err(Error::Refused { detail }) if is_known(&detail) => {
            Ok(Outcome::already("Kit says that it has this purchase."))
        }
        Err(error) => Err(error),
    }
}

fn is_known(detail: &str) -> bool {
    let said = detail.to_lowercase();
    said.contains("transaction") && ["already", "taken", "duplicate"].iter().any(|word| said.contains(word))
}
