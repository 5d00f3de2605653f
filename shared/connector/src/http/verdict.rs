//! The setback of a request without a usable response; the same for every app.

use domain::outcome::{Fix, Reason, Setback};

use super::error::{AddressRefused, Cause, HttpError};

impl HttpError {
    /// The result for the job.
    pub fn setback(&self) -> Setback {
        #[cfg(feature = "testing")]
        if let Some(network) = super::network::current() {
            network.failed(self);
        }
        let who = &self.who;
        match &self.cause {
            Cause::UnknownHost(_) => Setback::transient(format!("The host name of {who} was not found.")),
            Cause::Unreachable(_) => Setback::transient(format!("{who} could not be reached.")),
            Cause::Timeout(_) => Setback::transient(format!("{who} did not answer in time.")),
            Cause::Interrupted(_) => Setback::transient(format!("The connection to {who} was interrupted.")),
            Cause::Insecure(_) => Setback::Transient {
                reason: Reason::new(format!("No secure connection to {who} could be made."))
                    .hint("If it lasts, check the server's certificate."),
            },
            Cause::Unreadable { status, is_page } => {
                let body = if *is_page { "a web page" } else { "a body" };
                Setback::transient(format!(
                    "{who} returned {status} with {body} that cannot be read as a response of its API."
                ))
            }
            Cause::TooLarge(_) => {
                Setback::transient(format!("{who} returned a response that is too long to read."))
            }
            Cause::RefusedAddress(refused) => refused.setback(),
            Cause::InvalidPath(segment) => Setback::rejected(
                Fix::Rule,
                format!("`{segment}` is not a valid id in {who}."),
                "Edit the rule and choose again.",
            ),
            // Only a credential can contain a character that headers do not allow: we build the rest of a request.
            Cause::InvalidRequest(_) => Setback::reconnect(
                format!("The stored credentials cannot be sent to {who}."),
                "Connect the integration again; look for stray line breaks in what you paste.",
            ),
            Cause::NotReading(method) => Setback::Rejected {
                reason: Reason::new(format!("{who} was not called: a {method} could change something.")),
            },
        }
    }
}

impl From<HttpError> for Setback {
    fn from(error: HttpError) -> Self {
        error.setback()
    }
}

impl AddressRefused {
    /// The setback: the merchant has to enter another address.
    pub fn setback(&self) -> Setback {
        let reason = match self {
            Self::NotUrl => {
                Reason::new("The address is not a URL.").hint("Enter the whole address, including https://.")
            }
            Self::NotHttps { host } => Reason::new(format!("The address of {host} is not https."))
                .hint("Enter an address that begins with https://: we send personal data."),
            Self::HasCredentials { host } => {
                Reason::new(format!("The address of {host} holds a user name or password."))
                    .hint("Remove them and verify our signature instead.")
            }
            Self::NotPublic { host } => Reason::new(format!("{host} is not on the public internet."))
                .hint("Enter a public address; private networks are not called."),
        };
        Setback::Rejected { reason: reason.fix(Fix::Account) }
    }
}
