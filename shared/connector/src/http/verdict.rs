//! What a request that got no answer means for its job; the same for every app.

use domain::outcome::{Reason, Setback};

use super::error::{AddressRefused, HttpError};

impl HttpError {
    /// The setback, with `who` named as a merchant knows them: an app's label, a receiver's host.
    pub fn setback(&self, who: &str) -> Setback {
        match self {
            Self::UnknownHost { .. } => {
                Setback::later(format!("{who} was not found: its name has no address."))
            }
            Self::Unreachable { .. } => Setback::later(format!("{who} could not be reached.")),
            Self::Timeout { .. } => Setback::later(format!("{who} did not answer in time.")),
            Self::Interrupted { .. } => Setback::later(format!("The connection to {who} broke off.")),
            Self::Insecure { .. } => {
                let reason = Reason::new(format!("No secure connection to {who} came about."));
                Setback::RetryLater { reason: reason.hint("If it lasts, check the server's certificate.") }
            }
            Self::Unreadable { status, .. } => {
                Setback::later(format!("{who} answered {status} with something that cannot be read."))
            }
            Self::TooLarge { .. } => Setback::later(format!("{who} answered with more than can be read.")),
            Self::RefusedAddress(refused) => refused.setback(),
            Self::InvalidPath { segment } => Setback::rejected(
                format!("`{segment}` cannot be the id of anything in {who}."),
                "Edit the rule and choose again.",
            ),
            // Only a credential can hold what no header may: the rest of a request is ours.
            Self::InvalidRequest { .. } => Setback::reconnect(
                format!("The stored credentials cannot be sent to {who}."),
                "Connect the integration again; look for stray line breaks in what you paste.",
            ),
        }
    }
}

impl AddressRefused {
    /// The setback: a merchant has to enter another address.
    pub fn setback(&self) -> Setback {
        let reason = match self {
            Self::NotUrl => {
                Reason::new("The address is not a URL.").hint("Enter it whole, from https:// on.")
            }
            Self::NotHttps { host } => Reason::new(format!("The address of {host} is not https."))
                .hint("Enter an address that begins with https://: we send personal data."),
            Self::HasCredentials { host } => {
                Reason::new(format!("The address of {host} holds a user name or password."))
                    .hint("Take them out and verify our signature in their place.")
            }
            Self::NotPublic { host } => Reason::new(format!("{host} is not on the public internet."))
                .hint("Enter an address that everybody can reach; private networks are not called."),
        };
        Setback::Rejected { reason }
    }
}
