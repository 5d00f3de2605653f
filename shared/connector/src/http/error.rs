//! The errors of a request, by how the caller handles them.

use std::error::Error as StdError;
use std::io;

use domain::app::App;
use reqwest::StatusCode;

/// A client or an address that cannot be built from the configuration.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// The template parameter is wrong.
    #[error("the sandbox's address `{address}` is not an http(s) URL, such as http://127.0.0.1:4600")]
    InvalidSandbox {
        /// As configured.
        address: String,
    },
    /// A vendor's origin is wrong: a constant, or built from a credential.
    #[error("`{origin}` is not an https origin for {app}")]
    InvalidOrigin {
        /// The origin's app.
        app: App,
        /// As given.
        origin: String,
    },
    /// For example, the machine has no root certificates.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
}

/// Why an address that a merchant entered is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    /// Not an absolute URL with a host.
    #[error("the address is not a URL")]
    NotUrl,
    /// Plain HTTP, or another scheme.
    #[error("the address of {host} does not begin with https://")]
    NotHttps {
        /// The address's host.
        host: String,
    },
    /// `https://user:password@host`.
    #[error("the address of {host} holds a user name or password")]
    HasCredentials {
        /// The address's host.
        host: String,
    },
    /// Loopback, private, link local, …: see [`is_public`](super::is_public).
    #[error("{host} is not on the public internet")]
    NotPublic {
        /// The address's host.
        host: String,
    },
}

/// No response, or an unusable one. The error contains no more of the address than the host.
#[derive(Debug, thiserror::Error)]
#[error("the call to {who} failed")]
pub struct HttpError {
    /// The label of the server: the app's name, or a receiver's host.
    pub who: String,
    /// The cause.
    #[source]
    pub cause: Cause,
}

/// Why there is no usable response, by how the caller handles it.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// Retry later; nothing was sent. The host name has no address at the moment.
    #[error("the host name was not found")]
    UnknownHost(#[source] reqwest::Error),
    /// Retry later; nothing was sent. The connection was refused, or timed out.
    #[error("the host could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// Retry later; the request may have been carried out. The response timed out.
    #[error("the response timed out")]
    Timeout(#[source] reqwest::Error),
    /// Retry later; the request may have been carried out. The connection was interrupted.
    #[error("the connection was interrupted")]
    Interrupted(#[source] reqwest::Error),
    /// Retry later, and inform the account's owner; nothing was sent. TLS failed, for example because a certificate has
    /// expired.
    #[error("no secure connection could be made")]
    Insecure(#[source] reqwest::Error),
    /// Retry later. The body does not come from the API: for example, a firewall's page instead of JSON.
    #[error("the {status} response has an unreadable body")]
    Unreadable {
        /// The response's status.
        status: StatusCode,
        /// Whether the body is a web page.
        is_page: bool,
    },
    /// Retry later. The response has more bytes than the limit.
    #[error("the response has more than {0} bytes")]
    TooLarge(usize),
    /// Do not retry: the address itself is refused.
    #[error(transparent)]
    RefusedAddress(AddressRefused),
    /// Do not retry: a setting cannot be part of an address.
    #[error("`{0}` cannot be part of an address")]
    InvalidPath(String),
    /// Do not retry: the request cannot be built, for example because a credential contains a line break.
    #[error("the request cannot be built from these values")]
    InvalidRequest(#[source] reqwest::Error),
    /// Do not retry; nothing was sent. Only reads are allowed.
    #[error("a {0} is not sent where only reads are allowed")]
    NotReading(reqwest::Method),
}

impl HttpError {
    /// Classifies reqwest's error, and removes the URL from it.
    pub(crate) fn of(who: String, error: reqwest::Error) -> Self {
        let source = error.without_url();
        let cause = if let Some(refused) = find::<AddressRefused>(&source) {
            Cause::RefusedAddress(refused.clone())
        } else if source.is_builder() {
            Cause::InvalidRequest(source)
        } else if find::<rustls::Error>(&source).is_some() {
            Cause::Insecure(source)
        } else if source.is_dns() {
            Cause::UnknownHost(source)
        } else if source.is_connect() {
            Cause::Unreachable(source)
        } else if source.is_timeout() {
            Cause::Timeout(source)
        } else {
            Cause::Interrupted(source)
        };
        Self { who, cause }
    }
}

/// The first error of this type in the chain. An `io::Error` does not return the error that it wraps as its source.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            return find(inner);
        }
        next = error.source();
    }
    None
}
