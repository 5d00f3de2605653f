//! What can become of a request, by what its caller does about it.

use std::error::Error as StdError;
use std::io;

use domain::app::App;
use reqwest::StatusCode;

/// A client or an address that cannot be made from the configuration.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// The template parameter is wrong.
    #[error("the sandbox's address `{address}` is not an http(s) URL, such as http://127.0.0.1:4600")]
    InvalidSandbox {
        /// As configured.
        address: String,
    },
    /// A vendor's origin is wrong: ours, or made from a credential.
    #[error("`{origin}` is not an https origin for {app}")]
    InvalidOrigin {
        /// Whose.
        app: App,
        /// As given.
        origin: String,
    },
    /// The machine has no root certificates, say.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
}

/// Why an address that a merchant typed is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    /// It cannot be read as an absolute URL with a host.
    #[error("the address is not a URL")]
    NotUrl,
    /// Plain HTTP, or something else altogether.
    #[error("the address of {host} does not begin with https://")]
    NotHttps {
        /// The host it names.
        host: String,
    },
    /// `https://user:password@host`.
    #[error("the address of {host} holds a user name or password")]
    HasCredentials {
        /// The host it names.
        host: String,
    },
    /// Loopback, private, link local, …: see [`is_public`](super::is_public).
    #[error("{host} is not on the public internet")]
    NotPublic {
        /// The host it names.
        host: String,
    },
}

/// There is no answer, or none of use. It holds no more of the address than the host.
#[derive(Debug, thiserror::Error)]
#[error("the call to {who} failed")]
pub struct HttpError {
    /// Who was called: the app's label, or a receiver's host.
    pub who: String,
    /// Why.
    #[source]
    pub cause: Cause,
}

/// Why there is no answer, by what the caller does.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// Try later; nothing was sent. The name has no address (now).
    #[error("the host name was not found")]
    UnknownHost(#[source] reqwest::Error),
    /// Try later; nothing was sent. The connection was refused, or not made in time.
    #[error("the host could not be reached")]
    Unreachable(#[source] reqwest::Error),
    /// Try later; the request may have been carried out. No answer came in time.
    #[error("no answer came in time")]
    Timeout(#[source] reqwest::Error),
    /// Try later; the request may have been carried out. The connection broke off.
    #[error("the connection broke off")]
    Interrupted(#[source] reqwest::Error),
    /// Try later, and tell the owner; nothing was sent. TLS failed: an expired certificate, say.
    #[error("no secure connection could be made")]
    Insecure(#[source] reqwest::Error),
    /// Try later. The body is not the API's: a firewall's page in place of JSON, say.
    #[error("the answer {status} has a body that cannot be read")]
    Unreadable {
        /// The answer's status.
        status: StatusCode,
        /// Whether the body is a web page.
        is_page: bool,
    },
    /// Try later. The answer has more bytes than any that was expected.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// Give up: the address itself is refused.
    #[error(transparent)]
    RefusedAddress(AddressRefused),
    /// Give up: a setting cannot be part of an address.
    #[error("`{0}` cannot be part of an address")]
    InvalidPath(String),
    /// Give up: the request cannot be written, for a credential with a line break in it, say.
    #[error("no request can be made of these values")]
    InvalidRequest(#[source] reqwest::Error),
}

impl HttpError {
    /// Sorts reqwest's error, and takes the URL out of it.
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

/// The first error of this type in the chain. An `io::Error` does not name what it wraps as its source.
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
