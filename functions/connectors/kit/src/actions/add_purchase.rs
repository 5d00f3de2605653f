//! Add Purchase To ConvertKit: the payment is recorded as a purchase of the contact.

use connector::call::Call;
use connector::failure::leaving_out;
use domain::outcome::{Fix, Outcome, Setback};

use crate::client::Client;
use crate::error::{Case, Failure};
use crate::purchase::Purchase;
use crate::subscriber::OPTIONAL;

/// Records the purchase.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let Some(purchase) = Purchase::of(call.job) else {
        let message = format!("{} contains no purchase.", call.job.trigger.label());
        let hint = "Edit the rule and choose Product Purchased or Subscription Charged.";
        return Err(Setback::rejected(Fix::Rule, message, hint).into());
    };
    let send = |left_out| {
        let purchase = purchase.without(&left_out);
        async move { client.purchase(&purchase).await }
    };
    match leaving_out(|field| field == OPTIONAL, send).await {
        Ok(((), left_out)) => Ok(left_out.noted(Outcome::DONE)),
        // Kit does not document its response to a known transaction. An error that says so means that the purchase is
        // recorded.
        Err(failure) if failure.is(&Case::Recorded) => Ok(Outcome::already("Kit already has this purchase.")),
        Err(failure) => Err(failure),
    }
}
