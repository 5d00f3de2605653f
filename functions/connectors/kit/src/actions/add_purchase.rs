//! Add Purchase To ConvertKit: what was paid stands with the contact as a purchase.

use connector::call::Call;
use connector::failure::leaving_out;
use domain::outcome::{Outcome, Setback};

use crate::client::Client;
use crate::error::{Case, Failure};
use crate::purchase::Purchase;
use crate::subscriber::OPTIONAL;

/// Records the purchase.
pub async fn perform(client: &Client<'_>, call: &Call<'_>) -> Result<Outcome, Failure> {
    let Some(purchase) = Purchase::of(call.job) else {
        let message = format!("{} tells of no purchase.", call.job.trigger.label());
        let hint = "Edit the rule and choose Product Purchased or Subscription Charged.";
        return Err(Setback::rejected(message, hint).into());
    };
    let send = |left_out| {
        let purchase = purchase.without(&left_out);
        async move { client.purchase(&purchase).await }
    };
    match leaving_out(|field| field == OPTIONAL, send).await {
        Ok(((), left_out)) => Ok(left_out.noted(Outcome::DONE)),
        // Nothing is documented for a transaction that Kit knows; should it say so, the purchase is there.
        Err(failure) if failure.is(&Case::Recorded) => {
            Ok(Outcome::already("Kit says that it has this purchase."))
        }
        Err(failure) => Err(failure),
    }
}
